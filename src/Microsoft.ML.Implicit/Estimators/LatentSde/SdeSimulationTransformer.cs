using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(SdeSimulationTransformer), null, typeof(SignatureLoadModel), "", SdeSimulationTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Simulates paths of the series in each row by a trained latent SDE, at the times that it forecasts at.</summary>
/// <remarks>
/// Paths are centred at the forecast and spread as its calibrated bounds are, less what these hold for a last value in doubt; from time to time they keep together as the latent paths do,
/// which bounds say nothing of.
/// They hold the noise of observation, as the values do that are to come. The noise of a row is drawn by the seed and the row's own series: it depends neither on the
/// rows beside it nor on their order, equal rows have equal paths, and other seeds give other paths. Rows and times without a forecast get NaN.
/// </remarks>
public sealed class SdeSimulationTransformer : ImplicitTransformer<LatentSdeModelParameters>
{
    internal const string LoaderSignature = "LatentSdeSimulation";

    private static readonly ModelFormat Format = new("SDEPATHS", LoaderSignature);

    private readonly SeriesColumns _input;
    private readonly ForecastColumns _forecast;
    private readonly SdeSimulationOptions _options;

    internal SdeSimulationTransformer(IHost host, LatentSdeModelParameters model, SeriesColumns input, ForecastColumns forecast, SdeSimulationOptions options)
        : base(host, Format, model)
    {
        (_input, _forecast, _options) = (input, forecast, options);
        Mapper = new SdeSimulationMapper(model, input, forecast, options);
    }

    private protected override BatchMapper Mapper { get; }

    private protected override void WriteModel(DocumentWriter writer)
    {
        _input.Write(writer.Section("input"));
        _forecast.Write(writer.Section("output"));
        writer.Write("paths_column", _options.OutputColumnName);
        writer.Write("paths", _options.PathCount);
        writer.Write("seed", _options.Seed);
        Model.Write(writer);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Load(Format, env, ctx, (host, reader) =>
    {
        SeriesColumns input = SeriesColumns.Read(reader.Section("input"));
        ForecastColumns forecast = ForecastColumns.Read(reader.Section("output"));
        var options = new SdeSimulationOptions(reader.Text("paths_column"), reader.Int32("paths"), reader.Int64("seed"));
        LatentSdeModelParameters model = LatentSdeModelParameters.Read(reader, input);
        return model.Fits(input, forecast) && options.PathCount is >= 1 and <= SdeSimulationOptions.MostPaths
            ? new SdeSimulationTransformer(host, model, input, forecast, options)
            : throw new FormatException("The model file's columns do not fit its network.");
    });
}
