using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Trains a deep-equilibrium model (Bai, Kolter and Koltun, "Deep Equilibrium Models", 2019): the hidden state is the
/// fixed point z = f(z, x) of one cell, an infinitely deep network with tied weights, and its gradient comes from the
/// implicit function theorem. Features are standardised inside the model.
/// </summary>
public abstract class DeepEquilibriumTrainer
    : ImplicitTrainer<DeepEquilibriumTransformer, DeepEquilibriumModelParameters>, ITrainerEstimator<DeepEquilibriumTransformer, DeepEquilibriumModelParameters>
{
    private protected DeepEquilibriumTrainer(IHostEnvironment environment, string name, DeepEquilibriumOptions options)
        : base(environment, name, options) => Options = options;

    internal string LabelColumnName => Options.LabelColumnName;

    private protected DeepEquilibriumOptions Options { get; }

    private protected abstract void CheckLabel(SchemaShape.Column label);

    /// <summary>Checks what only the label column of data says, before the data is read.</summary>
    private protected virtual void CheckLabel(DataViewSchema.Column label)
    {
    }

    private protected abstract PredictionTask CreateTask(DataViewSchema.Column label, TrainingSet data);

    private protected override void CheckColumns(SchemaShape schema)
    {
        InputColumns.CheckVector(Host, schema, "feature", Options.FeatureColumnName);
        CheckLabel(InputColumns.Find(Host, schema, "label", Options.LabelColumnName));
        InputColumns.CheckWeight(Host, schema, Options.ExampleWeightColumnName);
    }

    private protected override void CheckData(DataViewSchema schema)
    {
        base.CheckData(schema);
        if (Options.Cell == EquilibriumCellKind.MultiscaleConvolutional)
        {
            Options.Image!.Value.CheckDimensions(schema[Options.FeatureColumnName]);
        }
    }

    private protected override IModelTraining<DeepEquilibriumModelParameters> CreateTraining(DataViewSchema schema, TrainingRun run)
    {
        DataViewSchema.Column label = schema[Options.LabelColumnName];
        CheckLabel(label);
        return new DeepEquilibriumTraining(Options, data => CreateTask(label, data), run);
    }

    private protected override DeepEquilibriumTransformer CreateTransformer(DeepEquilibriumModelParameters model, DataViewSchema schema) =>
        new(Host, model, Options.FeatureColumnName);

    private protected static SchemaShape.Column OutputColumn(string name, SchemaShape.Column.VectorKind kind, DataViewType type, bool isKey, IEnumerable<SchemaShape.Column> annotations) =>
        new(name, kind, type, isKey, new SchemaShape(annotations));
}
