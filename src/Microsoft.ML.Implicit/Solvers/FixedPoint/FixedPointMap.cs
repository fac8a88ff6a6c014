using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>A fixed-point map given by a function; it cannot be restricted to some of its rows.</summary>
/// <param name="function">f, from [rows, ...] to the same shape, row by row.</param>
public sealed class FixedPointMap(Func<Tensor, Tensor> function) : IFixedPointMap
{
    private readonly Func<Tensor, Tensor> _function = function ?? throw new ArgumentNullException(nameof(function));

    /// <inheritdoc/>
    public Tensor Evaluate(Tensor z) => _function(z);

    /// <inheritdoc/>
    public IFixedPointMap? SelectRows(Tensor rows) => null;
}
