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
    // Forecasts are good early, while paths have next to no drift, then get worse until the drift has followed what the posterior has learned, and better than ever. Many
    // small batches serve it better than fewer large ones, since each looks at a few times of a path alone.
    protected override TrainingDefaults Defaults { get; } = new(Steps: 1800, LearningRate: 7e-3, WeightDecay: 1e-2, MaximumBatchSize: 128, ScalesRateWithBatch: true, Patience: 1);

    protected override double ShortHistories => 0.5;

    // What the posterior's mean lacks between two values is learned as noise, and grows with a power of the gap that a value left out makes.
    protected override int MostTargets => 64;

    private bool ChoosesSteps => options.SolverSteps is null && Initial is null && options.TrainingMethod != LatentSdeTrainingMethod.Adjoint;

    // Where a variable leaves its past values behind, changes do not depend on where they start, and a state of levels learns what is noise by heart sooner.
    protected override LatentArchitecture CreateArchitecture(SeriesScaling scaling) =>
        new LatentSdeArchitecture(options, holdsLevels: Array.TrueForAll(scaling.Variables, variable => variable.LevelMemory is null));

    protected override IEnumerable<KeptSetting> KeptOfNetworks(LatentArchitecture initial)
    {
        var kept = (LatentSdeArchitecture)initial;
        return
        [
            KeptSetting.Of(nameof(options.TrainingMethod), options.TrainingMethod, kept.TrainingMethod),
            KeptSetting.Of(nameof(options.SolverSteps), options.SolverSteps, kept.Settings.SolverSteps),
            KeptSetting.Of(nameof(options.PathCount), options.PathCount, kept.PathCount),
        ];
    }

    protected override ForecastProblem CreateProblem(LatentNetwork network, ForecastBatchBuilder builder, ExampleSampler sampler, Generator generator, int seed) =>
        new LatentSdeProblem((LatentSdeNetwork)network, builder, sampler, options.DivergenceWeight, ChoosesSteps, generator, seed, Run.CancellationToken);

    protected override LatentArchitecture Complete(
        LatentArchitecture architecture, LatentNetwork[] networks, ForecastBatchBuilder builder, IReadOnlyList<ForecastExample>[] heldOut)
    {
        LatentArchitecture complete = ChoosesSteps
            ? architecture with { Settings = architecture.Settings with { SolverSteps = networks.Zip(heldOut, (network, examples) => PathResolution.Choose((LatentSdeNetwork)network, builder, examples, PathResolution.MostSteps, Run.CancellationToken)).Max() } }
            : architecture;
        Run.KeepChoice(nameof(options.SolverSteps), options.SolverSteps, complete.Settings.SolverSteps);
        return complete;
    }

    protected override LatentSdeModelParameters CreateModel(ForecastParts parts, ForecastBatchBuilder builder, IReadOnlyList<ForecastExample>[] heldOut)
    {
        ForecastExample[] examples = [.. heldOut.SelectMany(own => own)];
        return new(examples.Length == 0 ? parts : parts with
        {
            PathHalfWidths = PathHalfWidths.Measure([.. parts.Networks.Cast<LatentSdeNetwork>()], builder, examples, options.ConfidenceLevel),
        });
    }
}
