using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Solves a convex quadratic or linear program in every row: minimise ½ zᵀQz + pᵀz subject to G z ≤ h, A z = b and bounds. Each of the
/// arguments is constant or comes from a column. Nothing is learned: fitting only checks the columns.
/// </summary>
/// <remarks>
/// Output: the solution z (a vector of Single, with the slot names of p's column), and as asked for its multipliers, the objective (Single) and
/// the status (text). Rows are solved in float64 by a primal-dual interior point method.
/// </remarks>
public sealed class QuadraticProgramEstimator : ImplicitEstimator<QuadraticProgramTransformer>
{
    private readonly QuadraticProgramModel _model;

    internal QuadraticProgramEstimator(IHostEnvironment environment, QuadraticProgramOptions options)
        : base(environment, nameof(QuadraticProgramEstimator), options) => _model = new QuadraticProgramModel(options);

    /// <summary>Checks that the columns fit the problem.</summary>
    /// <param name="input">Rows with the columns that the arguments are read from.</param>
    /// <returns>The transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing, sizes do not match, or a constant Q is not positive semidefinite.</exception>
    public override QuadraticProgramTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        CheckColumns(SchemaShape.Create(input.Schema));
        using IChannel channel = Host.Start("Fit");
        _model.Template.CheckQuadraticTerm(channel);
        var transformer = new QuadraticProgramTransformer(Host, _model);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    private protected override void CheckColumns(SchemaShape schema) => _model.Template.CheckColumns(schema);

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) =>
        _model.Outputs.Promise(inputSchema, _model.Template.NameSource);
}
