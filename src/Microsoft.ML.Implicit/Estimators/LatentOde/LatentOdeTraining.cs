using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains latent ODEs.</summary>
/// <param name="options">The forecaster's options.</param>
/// <param name="reader">Reads series.</param>
/// <param name="run">The run.</param>
internal sealed class LatentOdeTraining(LatentOdeOptions options, SeriesSetReader reader, TrainingRun run) : ForecastTraining<LatentOdeModelParameters>(options, reader, run)
{
    protected override LatentArchitecture CreateArchitecture(SeriesScaling scaling) => new LatentOdeArchitecture(options);

    protected override IEnumerable<KeptSetting> KeptOfNetworks(LatentArchitecture initial) =>
    [
        KeptSetting.Of(nameof(options.Anchor), options.Anchor, initial.Settings.Anchor),
        KeptSetting.Of(nameof(options.SolverSteps), options.SolverSteps, initial.Settings.SolverSteps),
    ];

    protected override ForecastProblem CreateProblem(LatentNetwork network, ForecastBatchBuilder builder, ExampleSampler sampler, Generator generator, int seed) =>
        new LatentOdeProblem((LatentOdeNetwork)network, builder, sampler, options.DivergenceWeight, generator, seed, Run.CancellationToken);

    protected override LatentOdeModelParameters CreateModel(ForecastParts parts, ForecastBatchBuilder builder, IReadOnlyList<ForecastExample>[] heldOut) => new(parts);
}
