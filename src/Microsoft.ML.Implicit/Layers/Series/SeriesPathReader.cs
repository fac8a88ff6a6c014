using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Paths;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Series;

/// <summary>
/// Makes paths of series, whose channels are the time, the number of points so far, the number of observations so far of channels that are not always observed, and the
/// values. Counts say how often something was measured, which is often why.
/// </summary>
/// <param name="shape">What is known of the series.</param>
/// <param name="kind">Kind of path.</param>
/// <param name="windows">Windows at most of a log-signature, or <see langword="null"/> for a path of the given kind.</param>
/// <param name="depth">Depth of the log-signature.</param>
internal sealed class SeriesPathReader(SeriesShape shape, SeriesPathKind kind, int? windows, int depth)
{
    private readonly long[] _partialChannels = Array.ConvertAll(shape.PartialChannels, channel => (long)channel);

    /// <summary>Channels of the path itself.</summary>
    public long LevelCount => 2 + _partialChannels.Length + shape.Channels;

    /// <summary>Channels of the pieces.</summary>
    public long ChannelCount => windows is null ? LevelCount : LogSignaturePath.ChannelCount(LevelCount, depth);

    public SeriesPath Read(SeriesInputs inputs)
    {
        using IDisposable noGradient = no_grad();
        PathGrid grid = PathGrid.Of(inputs.Times);
        Tensor clock = (inputs.Times / shape.Span.Held()).unsqueeze(2).to(inputs.Values.dtype);
        Tensor counts = Counts(grid, inputs.Values);
        if (windows is { } most)
        {
            Tensor all = cat([clock, counts, MissingValues.Interpolate(grid, inputs.Values)], 2);
            return new SeriesPath(all.select(1, 0), LogSignaturePath.Fit(grid, all, most, depth));
        }

        if (kind == SeriesPathKind.Rectilinear)
        {
            Tensor then = cat([counts, MissingValues.HoldLast(grid, inputs.Values)], 2);
            return new SeriesPath(cat([clock, then], 2).select(1, 0), RectilinearPath.Fit(grid, clock, then));
        }

        Tensor values = MissingValues.Interpolate(grid, inputs.Values);
        PathPieces straight = LinearPath.Fit(grid, cat([clock, counts], 2));
        PathPieces curved = kind switch
        {
            SeriesPathKind.NaturalCubic => NaturalCubicSpline.Fit(grid, inputs.Values),
            SeriesPathKind.Hermite => HermitePath.Fit(grid, values),
            _ => LinearPath.Fit(grid, values),
        };
        var pieces = new PathPieces(
            grid,
            cat([straight.Changes, curved.Changes], 2),
            cat([straight.StartSlopes, curved.StartSlopes], 2),
            cat([straight.EndSlopes, curved.EndSlopes], 2));
        return new SeriesPath(cat([clock, counts, values], 2).select(1, 0), pieces);
    }

    // Points and observations so far, in the usual number of points.
    private Tensor Counts(PathGrid grid, Tensor values)
    {
        Tensor numbers = minimum(HeldArithmetic.Range(0, values.shape[1], values.device).unsqueeze(0), grid.LastPoints.unsqueeze(1)).unsqueeze(2);
        Tensor counts = _partialChannels.Length == 0
            ? numbers
            : cat([numbers, MissingValues.Observed(grid, values).index_select(2, tensor(_partialChannels, device: values.device)).cumsum(1)], 2);
        return counts.to(values.dtype) / shape.Points.Held();
    }
}
