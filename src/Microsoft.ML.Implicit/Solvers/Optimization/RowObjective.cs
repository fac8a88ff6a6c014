using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>A function of each row's unknowns that is given by a delegate.</summary>
/// <param name="function">From y <c>[rows, ...]</c> and the inputs to a value a row, <c>[rows]</c>, or to several, <c>[rows, count]</c>.</param>
public sealed class RowObjective(Func<Tensor, IReadOnlyList<Tensor>, Tensor> function) : IRowObjective
{
    private readonly Func<Tensor, IReadOnlyList<Tensor>, Tensor> _function = function ?? throw new ArgumentNullException(nameof(function));

    /// <inheritdoc/>
    public Tensor Evaluate(Tensor y, IReadOnlyList<Tensor> inputs) => _function(y, inputs);

    /// <inheritdoc/>
    public override string ToString() => "the objective";
}
