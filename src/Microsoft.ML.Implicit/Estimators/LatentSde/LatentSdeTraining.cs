using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Layers.LatentSde;
using Microsoft.ML.Implicit.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains latent SDEs.</summary>
/// <param name="options">The forecaster's options.</param>
/// <param name="reader">Reads series.</param>
/// <param name="run">The run.</param>
internal sealed class LatentSdeTraining(LatentSdeOptions options, SeriesSetReader reader, TrainingRun run) : ForecastTraining<LatentSdeModelParameters>(options, reader, run)
{
    // Forecasts are good early, while paths have next to no drift, then get worse until the drift has followed what the posterior has learned, and better than ever.
    protected override double Patience => 1;

    protected override LatentArchitecture CreateArchitecture() => new LatentSdeArchitecture(options);

    protected override ForecastProblem CreateProblem(LatentNetwork network, ForecastBatchBuilder builder, ExampleSampler sampler, Generator generator, int seed) =>
        new LatentSdeProblem((LatentSdeNetwork)network, builder, sampler, options.DivergenceWeight, generator, seed, Run.CancellationToken);

    protected override LatentSdeModelParameters CreateModel(ForecastParts parts) => new(parts);
}
