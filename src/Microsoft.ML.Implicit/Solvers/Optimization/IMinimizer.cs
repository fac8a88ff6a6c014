using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>Finds minima of a function of each row's unknowns. Instances are immutable and thread-safe.</summary>
public interface IMinimizer
{
    /// <summary>Finds minima, with no autograd graph.</summary>
    /// <param name="objective">f, a value a row.</param>
    /// <param name="inputs">All else that f depends on.</param>
    /// <param name="initial">Where to set out, float32 or float64 <c>[rows, ...]</c>. Left as it is.</param>
    /// <param name="bounds">Bounds of the unknowns, or null.</param>
    /// <param name="cancellationToken">Looked at once an iteration.</param>
    /// <returns>The best point of each row, in the caller's dispose scope, and how it ended; numerical trouble never throws.</returns>
    /// <exception cref="ArgumentException">Shapes or types do not fit, or the method has no bounds.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    MinimizationResult Minimize(IRowObjective objective, IReadOnlyList<Tensor> inputs, Tensor initial, Bounds? bounds = null, CancellationToken cancellationToken = default);
}
