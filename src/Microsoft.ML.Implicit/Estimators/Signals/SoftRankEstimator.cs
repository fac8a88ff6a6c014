using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Gives the soft ranks of the values of a vector (Blondel, Teboul, Berthet and Djolonga, 2020): ranks that change little where values do.</summary>
/// <remarks>Output: a vector of Single as long as the input; NaN where a row is not finite. There is no ONNX form.</remarks>
public sealed class SoftRankEstimator : SignalEstimator<SoftRankTransformer>
{
    private readonly SoftRankOptions _options;

    internal SoftRankEstimator(IHostEnvironment environment, SoftRankOptions options)
        : base(environment, nameof(SoftRankEstimator), options, options.InputColumnName, options.OutputColumnName) => _options = options;

    private protected override SoftRankTransformer Create(IDataView input) =>
        new(Host, new SoftRankFunction(_options.Strength), _options.InputColumnName, _options.OutputColumnName);
}
