using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>An operator made ready for solves.</summary>
public interface IFactorization : IDisposable
{
    /// <summary>Solves A x = b.</summary>
    /// <param name="rightSide">b, <c>[rows, width]</c>.</param>
    /// <param name="cancellationToken">Looked at once an iteration, where there are any.</param>
    /// <returns>x, in the caller's dispose scope, and how each row ended; numerical trouble never throws.</returns>
    /// <exception cref="OperationCanceledException">The solve was cancelled.</exception>
    LinearSolution Solve(Tensor rightSide, CancellationToken cancellationToken = default);

    /// <summary>Solves Aᵀ x = b.</summary>
    /// <inheritdoc cref="Solve"/>
    LinearSolution SolveTransposed(Tensor rightSide, CancellationToken cancellationToken = default);
}
