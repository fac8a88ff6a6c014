using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(LatentOdeTransformer), null, typeof(SignatureLoadModel), "", LatentOdeTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Forecasts series with a trained latent ODE, one series a row.</summary>
/// <remarks>
/// Series are forecast in batches as rows are read. A row without any observation, and times before a row's last
/// observation, get NaN. Observations out of order are sorted, those at one time become one, in which each variable has the
/// mean of its values, and observations without a finite time are left out, as in training. Times at which nothing was observed
/// change no forecast at a given time, but times ahead are counted from the last of all. A variable that was not observed for longer than was
/// usual in training is forecast from its own last value on, and gets NaN where that lies too far back. A time to forecast at that is not finite, or
/// lies more than 1000 times <see cref="LatentOdeModelParameters.TrainedHorizon"/> after a row's last observation, is an
/// <see cref="ArgumentException"/> that names the row. Prediction engines in several threads may share one transformer; each engine
/// serves one thread.
/// </remarks>
public sealed class LatentOdeTransformer : ImplicitTransformer<LatentOdeModelParameters>
{
    internal const string LoaderSignature = "LatentOdeTransform";

    private static readonly ModelFormat Format = new("LATNTODE", LoaderSignature, version: 0x00010003, oldestVersion: 0x00010001, LatentOdePositional.Read);

    internal LatentOdeTransformer(IHost host, LatentOdeModelParameters model, SeriesColumns input, ForecastColumns output)
        : base(host, Format, model)
    {
        Input = input;
        Output = output;
        Mapper = new LatentOdeMapper(model, input, output);
    }

    internal SeriesColumns Input { get; }

    internal ForecastColumns Output { get; }

    private protected override BatchMapper Mapper { get; }

    /// <summary>Creates an engine that follows one series as its observations come in.</summary>
    /// <typeparam name="TObservation">Class of observations, with public properties or fields for the time, input and static columns.</typeparam>
    /// <typeparam name="TForecast">Class of forecasts, with public properties or fields of type <c>float[]</c> for output columns.</typeparam>
    /// <returns>The engine; it needs this transformer as long as it is used.</returns>
    /// <exception cref="ArgumentException">A property or field is missing, has the wrong type, or stands for no column.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public ForecastEngine<TObservation, TForecast> CreateForecastEngine<TObservation, TForecast>()
        where TObservation : class
        where TForecast : class, new()
    {
        Mapper.ThrowIfDisposed();
        return new(this, null);
    }

    /// <summary>Creates an engine that goes on from a file written by <see cref="ForecastEngine{TObservation, TForecast}.CheckPoint"/>.</summary>
    /// <typeparam name="TObservation">Class of observations, with public properties or fields for the time, input and static columns.</typeparam>
    /// <typeparam name="TForecast">Class of forecasts, with public properties or fields of type <c>float[]</c> for output columns.</typeparam>
    /// <param name="path">The file.</param>
    /// <returns>The engine; it needs this transformer as long as it is used.</returns>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    /// <exception cref="FormatException">The file is not a check point, was altered, or belongs to another model.</exception>
    public ForecastEngine<TObservation, TForecast> ResumeForecastEngine<TObservation, TForecast>(string path)
        where TObservation : class
        where TForecast : class, new()
    {
        Mapper.ThrowIfDisposed();
        return new(this, ForecastCheckPoint.Read(path, Model));
    }

    private protected override void WriteModel(DocumentWriter writer)
    {
        Input.Write(writer.Section("input"));
        Output.Write(writer.Section("output"));
        Model.Write(writer);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Load(Format, env, ctx, (host, reader) =>
    {
        SeriesColumns input = SeriesColumns.Read(reader.Section("input"));
        ForecastColumns output = ForecastColumns.Read(reader.Section("output"));
        LatentOdeModelParameters model = LatentOdeModelParameters.Read(reader, input);
        return model.Scaling.Variables.Length == input.Values.Length
            && model.Scaling.Categories.Fits(input, model.Scaling.StaticCenters.Length, model.Scaling.CovariateCenters.Length)
            && model.Quantiles.Levels.Length > 0 == output.Quantiles is not null
            ? new LatentOdeTransformer(host, model, input, output)
            : throw new FormatException("The model file's columns do not fit its network.");
    });
}
