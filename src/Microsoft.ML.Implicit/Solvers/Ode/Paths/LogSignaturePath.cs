using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Paths;

/// <summary>
/// A long path in a few windows, by the log-ODE method (Morrill, Salvi, Kidger, Foster, Neural rough differential equations for long time series, 2021): each
/// window of the path that is straight between its values is summed up by its log-signature, at which the path of as many channels is straight.
/// </summary>
/// <remarks>
/// Channels of depth 1 are the changes over a window. Those of depth 2 that follow are the Lévy areas ½ ∬ dXⁱ dXʲ - dXʲ dXⁱ, s before t, of each pair i before j: what the
/// order of changes says. A window of one piece has none. <inheritdoc cref="PiecewisePath" path="/remarks/node()"/>
/// </remarks>
/// <example><code>
/// // observations [batch, 1000, 2], in 50 windows; path of 3 channels
/// var path = new LogSignaturePath(torch.linspace(0, 1, 1000), observations, windows: 50, depth: 2);
/// </code></example>
public sealed class LogSignaturePath : PiecewisePath
{
    /// <summary>Makes the path, within autograd.</summary>
    /// <param name="times">
    /// Times, <c>[points]</c> for all rows or <c>[batch, points]</c>, at least two of them, increasing. A row with fewer points than others repeats its last time.
    /// </param>
    /// <param name="values">
    /// Values at the times, <c>[points, channels]</c> or <c>[batch, points, channels]</c>, of the type of the state. NaN where a channel was not observed: there it is
    /// taken to be straight between its neighbours, and constant before its first and after its last value.
    /// </param>
    /// <param name="windows">Number of windows at most; they have the same number of pieces, or one more. A row of fewer pieces has one window for each.</param>
    /// <param name="depth">1 or 2.</param>
    /// <exception cref="ArgumentException">The shapes do not fit each other, or the times are not finite and increasing.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no windows, or the depth is another one.</exception>
    public LogSignaturePath(Tensor times, Tensor values, int windows, int depth)
        : base(() =>
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(windows, 1);
            ArgumentOutOfRangeException.ThrowIfNotEqual(depth is 1 or 2, true, nameof(depth));
            (PathGrid grid, Tensor points) = PathGrid.Create(times, values);
            return Fit(grid, MissingValues.Interpolate(grid, points), windows, depth);
        })
    {
    }

    /// <summary>Channels of a log-signature.</summary>
    internal static long ChannelCount(long channels, int depth) => depth == 1 ? channels : channels + (channels * (channels - 1) / 2);

    /// <param name="grid">The times.</param>
    /// <param name="points">Values at the times, none of them missing.</param>
    /// <param name="windows">Number of windows at most.</param>
    /// <param name="depth">1 or 2.</param>
    internal static PathPieces Fit(PathGrid grid, Tensor points, int windows, int depth)
    {
        points = MissingValues.EachRow(grid, points);
        Tensor bounds = Bounds(grid, points.shape[0], Math.Min(windows, points.shape[1] - 1));
        Tensor ends = At(points, bounds);
        Tensor changes = ends.diff(dim: 1);
        PathGrid windowGrid = PathGrid.Of(grid.Times.expand(points.shape[0], -1).gather(1, bounds));
        return PathPieces.Straight(windowGrid, depth == 1 ? changes : cat([changes, Areas(points, bounds, ends, changes)], 2));
    }

    // Areas from the path's start to each point are sums; those of a window follow by Chen's identity.
    private static Tensor Areas(Tensor points, Tensor bounds, Tensor ends, Tensor changes)
    {
        Tensor pairs = triu_indices(points.shape[2], points.shape[2], 1, device: points.device);
        Tensor origin = points.narrow(1, 0, 1);
        Tensor relative = points - origin, relativeEnds = ends - origin;
        Tensor steps = Cross(relative.narrow(1, 0, points.shape[1] - 1), points.diff(dim: 1), pairs);
        Tensor fromStart = nn.functional.pad(steps.cumsum(1), [0, 0, 1, 0]);
        Tensor windows = At(fromStart, bounds).diff(dim: 1) - Cross(relativeEnds.narrow(1, 0, changes.shape[1]), changes, pairs);
        return windows / 2.Held();
    }

    // xⁱ yʲ - xʲ yⁱ.
    private static Tensor Cross(Tensor x, Tensor y, Tensor pairs)
    {
        Tensor Of(Tensor values, int side) => values.index_select(2, pairs[side]);
        return (Of(x, 0) * Of(y, 1)) - (Of(x, 1) * Of(y, 0));
    }

    // [batch, windows + 1]: indices of the points between windows; those of a row with fewer pieces repeat its last point.
    private static Tensor Bounds(PathGrid grid, long rows, long windows)
    {
        Tensor pieces = grid.LastPoints.expand(rows).unsqueeze(1);
        Tensor own = pieces.clamp(1.Held(), windows.Held());
        Tensor numbers = HeldArithmetic.Range(0, windows + 1, pieces.device).unsqueeze(0);
        return minimum((numbers * pieces).div(own, RoundingMode.floor), pieces);
    }

    private static Tensor At(Tensor points, Tensor index) => points.gather(1, index.unsqueeze(2).expand(-1, -1, points.shape[2]));
}
