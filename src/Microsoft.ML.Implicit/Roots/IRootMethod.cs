using Microsoft.ML.Implicit.Differentiation;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Roots;

/// <summary>Finds roots g(z, inputs) = 0, one for each row of a batch. Instances are immutable and thread-safe.</summary>
public interface IRootMethod
{
    /// <summary>Finds roots, with no autograd graph.</summary>
    /// <param name="equation">g.</param>
    /// <param name="inputs">All else that g depends on.</param>
    /// <param name="initial">Where to start, floating point <c>[rows, ...]</c>; a nearby root is a warm start. Left as it is.</param>
    /// <param name="cancellationToken">Looked at once an iteration.</param>
    /// <returns>
    /// The best iterate of each row, in the caller's dispose scope, and how each row ended; numerical trouble never throws. Shapes and counts are checked; that a row which is said to
    /// have converged solves g is taken on trust.
    /// </returns>
    /// <exception cref="ArgumentException">g changes the state's shape, type or device.</exception>
    /// <exception cref="OperationCanceledException">The solve was cancelled.</exception>
    RootResult Solve(IDifferentiableFunction equation, IReadOnlyList<Tensor> inputs, Tensor initial, CancellationToken cancellationToken = default);
}
