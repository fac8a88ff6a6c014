using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains an ensemble of neural ODEs.</summary>
/// <param name="options">The trainer's options.</param>
/// <param name="createTask">Makes of all rows what is to be predicted.</param>
/// <param name="run">The run.</param>
internal sealed class NeuralOdeTraining(NeuralOdeOptions options, Func<TrainingSet, PredictionTask> createTask, TrainingRun run)
    : PredictionTraining<NeuralOdeModelParameters>(options, createTask, run)
{
    protected override PredictionArchitecture CreateArchitecture(int features, long rows) => new NeuralOdeArchitecture(options, features, Task, rows);

    protected override NeuralOdeModelParameters CreateModel(PredictionArchitecture architecture, PredictionEnsemble ensemble)
    {
        var sizes = (NeuralOdeArchitecture)architecture;
        Run.KeepChoice(nameof(options.StateWidth), options.StateWidth, sizes.StateWidth);
        Run.KeepChoice(nameof(options.HiddenWidth), options.HiddenWidth, sizes.HiddenWidth);
        return new NeuralOdeModelParameters(sizes, ensemble, Task, Run.Device);
    }

    protected override IEnumerable<KeptSetting> KeptOfNetworks(PredictionArchitecture initial)
    {
        var kept = (NeuralOdeArchitecture)initial;
        return
        [
            KeptSetting.Of(nameof(options.Field), options.Field, kept.Field),
            KeptSetting.Of(nameof(options.StateWidth), options.StateWidth, kept.StateWidth),
            KeptSetting.Of(nameof(options.AugmentedDimensions), options.AugmentedDimensions, kept.AugmentedDimensions),
            KeptSetting.Of(nameof(options.HiddenWidth), options.HiddenWidth, kept.HiddenWidth),
            KeptSetting.Of(nameof(options.HiddenLayers), options.HiddenLayers, kept.HiddenLayers),
        ];
    }
}
