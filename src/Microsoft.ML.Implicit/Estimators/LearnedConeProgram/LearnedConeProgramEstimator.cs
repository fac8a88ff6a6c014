using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Predicts parameters of a convex program from features and decides by solving it, trained end to end through the solver: to decide well at realised values of the parameters,
/// or to come close to given decisions.
/// </summary>
/// <remarks>
/// Features: a vector of known size. Parameters that are not predicted are read from their columns, as <see cref="ConeProgramEstimator"/> reads them; while training, so are realised values
/// of those that are, or the decision that is imitated. Output: the columns of that estimator, and the predicted parameters. A parameter with a sign is predicted with
/// it. Training on realised values begins at their least-squares prediction. Programs are solved on the CPU. There is no ONNX form.
/// </remarks>
public sealed class LearnedConeProgramEstimator : ImplicitTrainer<LearnedConeProgramTransformer, LearnedConeProgramModelParameters>
{
    private readonly LearnedConeProgramOptions _options;
    private readonly ConeProgramModel _model;

    internal LearnedConeProgramEstimator(IHostEnvironment environment, LearnedConeProgramOptions options)
        : base(environment, nameof(LearnedConeProgramEstimator), options)
    {
        _options = options;
        _model = ConeProgramModel.Create(options, options.LearnedParameters, options.PredictedColumnPrefix);
    }

    private protected override void CheckColumns(SchemaShape schema)
    {
        NumberColumns.Check(schema, nameof(_options.FeatureColumnName), _options.FeatureColumnName);
        foreach ((ProgramPart part, string name) in _model.Given.Concat(_options.Labels))
        {
            NumberColumns.Check(schema, _options.SettingOf(part), name);
        }

        InputColumns.CheckWeight(schema, _options.ExampleWeightColumnName);
    }

    private protected override void CheckData(DataViewSchema schema)
    {
        base.CheckData(schema);
        _model.CheckColumns(schema);
        foreach ((ProgramPart part, string name) in _options.Labels)
        {
            ConeProgramModel.CheckColumn(schema, part, name);
        }
    }

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) => _model.Outputs.Select(column => column.Promise());

    private protected override IModelTraining<LearnedConeProgramModelParameters> CreateTraining(DataViewSchema schema, TrainingRun run) => new ConeDecisionTraining(_options, _model, run);

    private protected override LearnedConeProgramTransformer CreateTransformer(LearnedConeProgramModelParameters model, DataViewSchema schema) =>
        new(Host, _model, _options.FeatureColumnName, model);
}
