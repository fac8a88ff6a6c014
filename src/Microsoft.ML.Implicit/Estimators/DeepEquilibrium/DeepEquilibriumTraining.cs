using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains an ensemble of deep-equilibrium networks.</summary>
/// <param name="options">The trainer's options.</param>
/// <param name="createTask">Makes of all rows what is to be predicted.</param>
/// <param name="run">The run.</param>
internal sealed class DeepEquilibriumTraining(DeepEquilibriumOptions options, Func<TrainingSet, PredictionTask> createTask, TrainingRun run)
    : PredictionTraining<DeepEquilibriumModelParameters>(options, createTask, run)
{
    protected override PredictionArchitecture CreateArchitecture(int features, long rows) => new DeepEquilibriumArchitecture(options, features, Task, rows);

    protected override DeepEquilibriumModelParameters CreateModel(PredictionArchitecture architecture, PredictionEnsemble ensemble)
    {
        Run.KeepChoice(nameof(options.HiddenWidth), options.HiddenWidth, architecture.HiddenWidth);
        return new DeepEquilibriumModelParameters((DeepEquilibriumArchitecture)architecture, ensemble, Task, Run.Device);
    }

    protected override IEnumerable<KeptSetting> KeptOfNetworks(PredictionArchitecture initial) =>
    [
        KeptSetting.Of(nameof(options.Cell), options.Cell, ((DeepEquilibriumArchitecture)initial).Cell),
        KeptSetting.Of(nameof(options.HiddenWidth), options.HiddenWidth, initial.HiddenWidth),
    ];
}
