using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Predicts the data of an optimisation problem from features and decides by solving it, trained end to end through the solver: minimise
/// ½ zᵀQz + pᵀz subject to G z ≤ h, A z = b and bounds, with p predicted, and on demand an offset of h predicted or constraints learned.
/// </summary>
/// <remarks>
/// Label: a vector of known size, decisions or realised costs as <see cref="LearnedQuadraticProgramOptions.Loss"/> says. Features: a vector of
/// known size. Output: the decision z (a vector of Single, with the slot names of the label), and as asked for the predicted p, the
/// objective at the predicted p (Single) and the status (text). Training on realised costs begins at their least-squares prediction. Where rows
/// are held out (a fifth of 100 rows or more, a tenth of 1000 or more, or as asked), the trained model takes that fit's place only if it is better
/// on them by more than a standard error. On the CPU, where constraints are given, every row is solved from its last solution.
/// </remarks>
public sealed class LearnedQuadraticProgramEstimator : ImplicitTrainer<LearnedQuadraticProgramTransformer, LearnedQuadraticProgramModelParameters>
{
    private readonly LearnedQuadraticProgramOptions _options;
    private readonly LearnedQuadraticProgramScheme _scheme;

    internal LearnedQuadraticProgramEstimator(IHostEnvironment environment, LearnedQuadraticProgramOptions options)
        : base(environment, nameof(LearnedQuadraticProgramEstimator), options)
    {
        _options = options;
        _scheme = new LearnedQuadraticProgramScheme(options);
    }

    private protected override void CheckColumns(SchemaShape schema)
    {
        _scheme.Template.CheckColumns(schema);
        CheckVector(schema, nameof(_options.LabelColumnName), _options.LabelColumnName);
        if (_scheme.FeatureColumnName is { } features)
        {
            CheckVector(schema, nameof(_options.FeatureColumnName), features);
        }

        InputColumns.CheckWeight(schema, _options.ExampleWeightColumnName);
    }

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) =>
        _scheme.Outputs.Promise(inputSchema, _ => _options.LabelColumnName);

    private protected override IModelTraining<LearnedQuadraticProgramModelParameters> CreateTraining(DataViewSchema schema, TrainingRun run) =>
        new DecisionTraining(_options, _scheme, schema, run);

    private protected override LearnedQuadraticProgramTransformer CreateTransformer(LearnedQuadraticProgramModelParameters model, DataViewSchema schema) =>
        new(Host, _scheme with { VariableNames = SolutionColumns.SlotNames(schema[_options.LabelColumnName]) }, model);

    private static void CheckVector(SchemaShape schema, string setting, string name) => InputColumns.Check(
        schema,
        setting,
        name,
        column => column.Kind == SchemaShape.Column.VectorKind.Vector && !column.IsKey && NumberColumns.IsNumber(column.ItemType),
        "a vector of Single or Double of known size");
}
