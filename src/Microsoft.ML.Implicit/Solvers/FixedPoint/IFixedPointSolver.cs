using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>Solves z = f(z), each row of a batch to its own tolerance. Instances are immutable and thread-safe.</summary>
public interface IFixedPointSolver
{
    /// <summary>Solves z = f(z) with no autograd graph.</summary>
    /// <param name="map">f.</param>
    /// <param name="initial">Where to start, floating point [rows, ...]; a nearby solution is a warm start. Left as it is.</param>
    /// <param name="cancellationToken">Looked at once an iteration.</param>
    /// <returns>The best iterate of each row and how each row ended; numerical trouble never throws.</returns>
    /// <exception cref="ArgumentException"><paramref name="initial"/> is a scalar or not floating point, or f changes its shape.</exception>
    /// <exception cref="OperationCanceledException">The solve was cancelled.</exception>
    FixedPointResult Solve(IFixedPointMap map, Tensor initial, CancellationToken cancellationToken = default);
}
