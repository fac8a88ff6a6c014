using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Trains a neural ODE (Chen, Rubanova, Bettencourt and Duvenaud, "Neural Ordinary Differential Equations", 2018): the features, embedded and augmented by
/// dimensions of zeros, are carried along dh/dt = f(t, h) from time 0 to 1 by an adaptive solver, and a linear head reads the end of the path.
/// Features are standardised inside the model.
/// </summary>
public abstract class NeuralOdeTrainer : PredictionTrainer<NeuralOdeTransformer, NeuralOdeModelParameters>
{
    private protected NeuralOdeTrainer(IHostEnvironment environment, string name, NeuralOdeOptions options, LabelKind label)
        : base(environment, name, options, label) => Options = options;

    private protected NeuralOdeOptions Options { get; }

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) => Options.EvaluationColumnName is null
        ? base.GetOutputColumns(inputSchema)
        : base.GetOutputColumns(inputSchema).Append(new SchemaShape.Column(Options.EvaluationColumnName, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, isKey: false));

    private protected override IModelTraining<NeuralOdeModelParameters> CreateTraining(Func<TrainingSet, PredictionTask> createTask, TrainingRun run) =>
        new NeuralOdeTraining(Options, createTask, run);

    private protected override NeuralOdeTransformer CreateTransformer(NeuralOdeModelParameters model, DataViewSchema schema) =>
        new(Host, model, Options.FeatureColumnName, Options.EvaluationColumnName);
}
