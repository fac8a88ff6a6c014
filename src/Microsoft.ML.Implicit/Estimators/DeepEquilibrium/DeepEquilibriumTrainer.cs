using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Trains a deep-equilibrium model (Bai, Kolter and Koltun, "Deep Equilibrium Models", 2019): the hidden state is the
/// fixed point z = f(z, x) of one cell, an infinitely deep network with tied weights, and its gradient comes from the
/// implicit function theorem. Features are standardised inside the model.
/// </summary>
public abstract class DeepEquilibriumTrainer : PredictionTrainer<DeepEquilibriumTransformer, DeepEquilibriumModelParameters>
{
    private protected DeepEquilibriumTrainer(IHostEnvironment environment, string name, DeepEquilibriumOptions options, LabelKind label)
        : base(environment, name, options, label) => Options = options;

    private protected DeepEquilibriumOptions Options { get; }

    private protected override IModelTraining<DeepEquilibriumModelParameters> CreateTraining(Func<TrainingSet, PredictionTask> createTask, TrainingRun run) =>
        new DeepEquilibriumTraining(Options, createTask, run);

    private protected override DeepEquilibriumTransformer CreateTransformer(DeepEquilibriumModelParameters model, DataViewSchema schema) =>
        new(Host, model, Options.FeatureColumnName);
}
