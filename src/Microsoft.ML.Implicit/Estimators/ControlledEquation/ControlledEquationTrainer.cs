using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <inheritdoc/>
public abstract class ControlledEquationTrainer : ControlledEquationEstimator<ControlledEquationTransformer>
{
    private readonly LabelKind _kind;

    private protected ControlledEquationTrainer(IHostEnvironment environment, string name, ControlledEquationOptions options, LabelKind kind)
        : base(environment, name, options) => _kind = kind;

    private protected override LabelKind KindOf(SchemaShape.Column label) => _kind;

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) => _kind.GetOutputColumns(Label(inputSchema));

    private protected override ControlledEquationTransformer CreateTransformer(ControlledEquationModelParameters model, DataViewSchema schema) => new(Host, model);
}
