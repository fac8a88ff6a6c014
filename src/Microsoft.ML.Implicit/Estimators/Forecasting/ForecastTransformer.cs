using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Forecasts series with a trained model, one series a row.</summary>
/// <typeparam name="TModel">The trained model.</typeparam>
public abstract class ForecastTransformer<TModel> : ImplicitTransformer<TModel>, IForecastTransformer
    where TModel : ForecastModelParameters
{
    private protected ForecastTransformer(IHost host, ModelFormat format, TModel model, SeriesColumns input, ForecastColumns output)
        : base(host, format, model)
    {
        Input = input;
        Output = output;
        Mapper = new ForecastMapper(model, input, output);
    }

    internal SeriesColumns Input { get; }

    internal ForecastColumns Output { get; }

    ForecastModelParameters IForecastTransformer.Model => Model;

    SeriesColumns IForecastTransformer.Input => Input;

    ForecastColumns IForecastTransformer.Output => Output;

    private protected sealed override BatchMapper Mapper { get; }

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

    private protected sealed override void WriteModel(DocumentWriter writer)
    {
        Input.Write(writer.Section("input"));
        Output.Write(writer.Section("output"));
        Model.Write(writer);
    }

    /// <summary>Loads a forecaster.</summary>
    /// <param name="format">Its format.</param>
    /// <param name="env">The environment.</param>
    /// <param name="ctx">The file.</param>
    /// <param name="readModel">Reads the model of given columns.</param>
    /// <param name="create">Makes the forecaster.</param>
    /// <exception cref="FormatException">The file was cut off or altered, what it holds is impossible, or a later version of this library has added to it.</exception>
    private protected static ITransformer Load(
        ModelFormat format,
        IHostEnvironment env,
        ModelLoadContext ctx,
        Func<DocumentReader, SeriesColumns, TModel> readModel,
        Func<IHost, TModel, SeriesColumns, ForecastColumns, ForecastTransformer<TModel>> create) =>
        Load(format, env, ctx, (host, reader) =>
        {
            SeriesColumns input = SeriesColumns.Read(reader.Section("input"));
            ForecastColumns output = ForecastColumns.Read(reader.Section("output"));
            TModel model = readModel(reader, input);
            return model.Fits(input, output) ? create(host, model, input, output) : throw new FormatException("The model file's columns do not fit its network.");
        });
}
