using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Learns to predict a label from a whole irregularly sampled series, one series a row. Times need no grid, missing values no imputation, and each channel may have times of
/// its own; units do not matter.
/// </summary>
/// <typeparam name="TTransformer">The trained model as a transformer.</typeparam>
public abstract class ControlledEquationEstimator<TTransformer> : ImplicitTrainer<TTransformer, ControlledEquationModelParameters>
    where TTransformer : class, ITransformer
{
    private protected ControlledEquationEstimator(IHostEnvironment environment, string name, ControlledEquationOptions options)
        : base(environment, name, options) => Options = options;

    private protected ControlledEquationOptions Options { get; }

    private protected abstract LabelKind KindOf(SchemaShape.Column label);

    private protected SchemaShape.Column Label(SchemaShape schema) => InputColumns.Find(schema, nameof(Options.LabelColumnName), Options.LabelColumnName);

    private protected override void CheckColumns(SchemaShape schema)
    {
        Options.Columns.Check(schema);
        SchemaShape.Column label = Label(schema);
        KindOf(label).Check(label, nameof(Options.LabelColumnName));
        InputColumns.CheckWeight(schema, Options.ExampleWeightColumnName);
    }

    private protected override IModelTraining<ControlledEquationModelParameters> CreateTraining(DataViewSchema schema, TrainingRun run)
    {
        DataViewSchema.Column label = schema[Options.LabelColumnName];
        LabelKind kind = KindOf(Label(SchemaShape.Create(schema)));
        kind.Check(label);
        return new ControlledEquationTraining(Options, labels => kind.CreateTask(label, labels), run);
    }
}
