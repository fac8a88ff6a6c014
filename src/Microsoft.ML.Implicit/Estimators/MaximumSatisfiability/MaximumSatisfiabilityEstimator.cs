using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Learns clauses from rows of bits that belong together, and completes rows of which some bits are unknown: puzzles, configurations, records whose entries constrain each other.
/// </summary>
/// <remarks>
/// The satisfiability of the clauses is relaxed to a semidefinite program (see <see cref="Layers.Satisfiability.MaximumSatisfiability"/>), through whose solution training learns them: by
/// the cross entropy of the bits that are hidden. Bits: a vector of Single of known size; which of them are known says a column, or are those that are not NaN. There is no ONNX form.
/// </remarks>
public sealed class MaximumSatisfiabilityEstimator : ImplicitTrainer<MaximumSatisfiabilityTransformer, MaximumSatisfiabilityModelParameters>
{
    private readonly MaximumSatisfiabilityOptions _options;
    private readonly BitColumns _columns;

    internal MaximumSatisfiabilityEstimator(IHostEnvironment environment, MaximumSatisfiabilityOptions options)
        : base(environment, nameof(MaximumSatisfiabilityEstimator), options)
    {
        _options = options;
        _columns = new BitColumns(options.BitColumnName, options.KnownColumnName);
    }

    private protected override void CheckColumns(SchemaShape schema)
    {
        _columns.Check(schema);
        InputColumns.CheckWeight(schema, _options.ExampleWeightColumnName);
    }

    private protected override void CheckData(DataViewSchema schema)
    {
        base.CheckData(schema);
        _columns.Length(schema);
    }

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema)
    {
        foreach (string name in new[] { _options.OutputColumnName, _options.ConfidenceColumnName }.OfType<string>())
        {
            yield return new SchemaShape.Column(name, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false);
        }
    }

    private protected override IModelTraining<MaximumSatisfiabilityModelParameters> CreateTraining(DataViewSchema schema, TrainingRun run) => new SatisfiabilityTraining(_options, run);

    private protected override MaximumSatisfiabilityTransformer CreateTransformer(MaximumSatisfiabilityModelParameters model, DataViewSchema schema) =>
        new(Host, _columns, new CompletionOutputs(_options.OutputColumnName, _options.ConfidenceColumnName, model.RefinementRounds), model);
}
