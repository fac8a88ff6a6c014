using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Paths;

/// <summary>
/// The causal path (Morrill, Kidger, Yang, Lyons, Neural controlled differential equations for online prediction tasks, 2021): from one time to the next first the
/// time goes on, while values stay, and then the values change, while time stands still. What follows is not looked at before its time has come.
/// </summary>
/// <remarks>
/// Time is the path's first channel, and the path is a function of a number of its own: from 0 to twice the number of times less two, an even number 2i at time i, with
/// the values of then. <inheritdoc cref="PiecewisePath" path="/remarks/node()"/> The derivative jumps at whole numbers: name them in <see cref="OdeOptions.JumpTimes"/>.
/// </remarks>
/// <example><code>
/// var path = new RectilinearPath(torch.tensor(new[] { 0f, 1f, 2.5f, 3f }), observations);      // observations [batch, 4, 2], path of 3 channels from 0 to 6
/// </code></example>
public sealed class RectilinearPath : PiecewisePath
{
    /// <summary>Makes the path, within autograd.</summary>
    /// <param name="times">
    /// Times, <c>[points]</c> for all rows or <c>[batch, points]</c>, at least two of them, increasing. A row with fewer points than others repeats its last time.
    /// </param>
    /// <param name="values">
    /// Values at the times, <c>[points, channels]</c> or <c>[batch, points, channels]</c>, of the type of the state. NaN where a channel was not observed: it keeps its
    /// value, which is 0 before the first.
    /// </param>
    /// <exception cref="ArgumentException">The shapes do not fit each other, or the times are not finite and increasing.</exception>
    public RectilinearPath(Tensor times, Tensor values)
        : base(() =>
        {
            (PathGrid grid, Tensor points) = PathGrid.Create(times, values);
            return Fit(grid, grid.Times.unsqueeze(2).to(points.dtype), MissingValues.HoldLast(grid, points));
        })
    {
    }

    /// <param name="grid">The times.</param>
    /// <param name="first">Channels that change first, [1 or batch, points, channels].</param>
    /// <param name="then">Channels that change after them, none of them missing.</param>
    internal static PathPieces Fit(PathGrid grid, Tensor first, Tensor then)
    {
        (Tensor firstChange, Tensor thenChange) = (first.diff(dim: 1).expand(then.shape[0], -1, -1), then.diff(dim: 1));
        Tensor advance = cat([firstChange, zeros_like(thenChange)], 2), jump = cat([zeros_like(firstChange), thenChange], 2);
        Tensor changes = stack([advance, jump], 2).flatten(1, 2);
        Tensor numbers = HeldArithmetic.Range(0, changes.shape[1] + 1, then.device).unsqueeze(0);
        return PathPieces.Straight(PathGrid.Of(minimum(numbers, 2.Held() * grid.LastPoints.unsqueeze(1)).to(ScalarType.Float64)), changes);
    }
}
