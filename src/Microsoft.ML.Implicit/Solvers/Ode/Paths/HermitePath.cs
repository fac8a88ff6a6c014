using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Paths;

/// <summary>
/// Cubic Hermite interpolation with backward differences: at each time the slope is that from the time before (Morrill, Kidger, Yang, Lyons, Neural
/// controlled differential equations for online prediction tasks, 2021). It has a continuous derivative, and between two times depends on no value after them.
/// </summary>
/// <remarks><inheritdoc cref="PiecewisePath" path="/remarks/node()"/> The second derivative jumps at the times, see <see cref="OdeOptions.JumpTimes"/>.</remarks>
/// <example><code>
/// var path = new HermitePath(torch.tensor(new[] { 0f, 1f, 2.5f, 3f }), observations);      // observations [batch, 4, 2]
/// </code></example>
public sealed class HermitePath : PiecewisePath
{
    /// <summary>Interpolates, within autograd.</summary>
    /// <param name="times">
    /// Times, <c>[points]</c> for all rows or <c>[batch, points]</c>, at least two of them, increasing. A row with fewer points than others repeats its last time.
    /// </param>
    /// <param name="values">
    /// Values at the times, <c>[points, channels]</c> or <c>[batch, points, channels]</c>, of the type of the state. NaN where a channel was not observed: there it is
    /// taken to be straight between its neighbours, and constant before its first and after its last value.
    /// </param>
    /// <exception cref="ArgumentException">The shapes do not fit each other, or the times are not finite and increasing.</exception>
    public HermitePath(Tensor times, Tensor values)
        : base(() =>
        {
            (PathGrid grid, Tensor points) = PathGrid.Create(times, values);
            return Fit(grid, MissingValues.Interpolate(grid, points));
        })
    {
    }

    /// <param name="grid">The times.</param>
    /// <param name="points">Values at the times, none of them missing.</param>
    internal static PathPieces Fit(PathGrid grid, Tensor points)
    {
        Tensor change = points.diff(dim: 1);
        Tensor lengths = grid.Lengths.unsqueeze(2).to(points.dtype);
        long later = Math.Max(change.shape[1] - 1, 0);
        Tensor slopesBefore = change.narrow(1, 0, later) * (lengths.narrow(1, 1, later) / lengths.narrow(1, 0, later));
        Tensor isPiece = Native.HeldArithmetic.Range(1, later + 1, points.device).view(1, -1, 1).lt(grid.LastPoints.view(-1, 1, 1));
        Tensor starts = cat([change.narrow(1, 0, change.shape[1] - later), slopesBefore * isPiece.to(points.dtype)], 1);
        return new PathPieces(grid, change, starts, change);
    }
}
