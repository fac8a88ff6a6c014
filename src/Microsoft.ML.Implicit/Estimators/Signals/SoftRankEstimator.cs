using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Gives the soft ranks of the values of a vector (Blondel, Teboul, Berthet and Djolonga, 2020): ranks that change little where values do.</summary>
/// <remarks>Output: a vector of Single as long as the input; NaN where a row is not finite. There is no ONNX form.</remarks>
public sealed class SoftRankEstimator : ImplicitEstimator<SoftRankTransformer>
{
    private readonly SoftRankOptions _options;

    internal SoftRankEstimator(IHostEnvironment environment, SoftRankOptions options)
        : base(environment, nameof(SoftRankEstimator), options) => _options = options;

    /// <summary>Checks the column.</summary>
    /// <param name="input">Rows of values.</param>
    /// <returns>The transformer.</returns>
    /// <exception cref="ArgumentException">The column is missing, or is no vector of numbers.</exception>
    public override SoftRankTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        CheckColumns(SchemaShape.Create(input.Schema));
        return new SoftRankTransformer(Host, new SoftRankFunction(_options.Strength), _options.InputColumnName, _options.OutputColumnName);
    }

    private protected override void CheckColumns(SchemaShape schema) => SignalColumn.Check(schema, nameof(_options.InputColumnName), _options.InputColumnName);

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) =>
        [SignalColumn.Promise(_options.OutputColumnName, SignalColumn.Check(inputSchema, nameof(_options.InputColumnName), _options.InputColumnName))];
}
