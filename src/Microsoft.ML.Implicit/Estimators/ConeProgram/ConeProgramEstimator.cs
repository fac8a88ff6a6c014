using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Solves a convex program in every row, whose parameters are read from columns. Nothing is learned: fitting only checks the columns.
/// </summary>
/// <remarks>
/// Output: a column for each variable and for the multipliers of each named constraint (a vector or matrix where it has several entries), and as asked for
/// the objective, all of them Single or Double as <see cref="ConeProgramSettings.OutputKind"/> says, and the status (text). Rows are solved in float64 by the method that is set. There is no ONNX form.
/// </remarks>
public sealed class ConeProgramEstimator : ImplicitEstimator<ConeProgramTransformer>
{
    private readonly ConeProgramOptions _options;
    private readonly ConeProgramModel _model;

    internal ConeProgramEstimator(IHostEnvironment environment, ConeProgramOptions options)
        : base(environment, nameof(ConeProgramEstimator), options) => (_options, _model) = (options, ConeProgramModel.Create(options, [], null));

    /// <summary>Checks that the columns fit the program.</summary>
    /// <param name="input">Rows with the columns that the parameters are read from.</param>
    /// <returns>The transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing, or has another type or size than its parameter.</exception>
    public override ConeProgramTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        CheckColumns(SchemaShape.Create(input.Schema));
        var transformer = new ConeProgramTransformer(Host, _model);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    private protected override void CheckColumns(SchemaShape schema)
    {
        foreach ((ProgramPart part, string name) in _model.Given)
        {
            NumberColumns.Check(schema, _options.SettingOf(part), name);
        }
    }

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) => _model.Outputs.Select(column => column.Promise());
}
