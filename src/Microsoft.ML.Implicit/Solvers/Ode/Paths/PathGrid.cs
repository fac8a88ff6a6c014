using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Paths;

/// <summary>The times between which a batch of paths has its pieces.</summary>
/// <param name="Times">Increasing times, float64 [1 or batch, points]; a row with fewer points than others repeats its last time.</param>
/// <param name="Lengths">Lengths of the pieces, float64 [1 or batch, points - 1]; 1 behind a row's last point.</param>
/// <param name="LastPoints">Index of each row's last point, int64 [1 or batch].</param>
internal sealed record PathGrid(Tensor Times, Tensor Lengths, Tensor LastPoints)
{
    /// <summary>The grid of times that are known to increase.</summary>
    public static PathGrid Of(Tensor times)
    {
        Tensor gaps = times.diff(dim: 1);
        Tensor increasing = gaps.gt(0.Held());
        return new PathGrid(times, where(increasing, gaps, ones_like(gaps)), increasing.sum(dim: 1));
    }

    /// <summary>Makes sure of times and values that a user gave.</summary>
    /// <returns>The grid, and the values as [1 or batch, points, channels].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit each other, or the times are not finite and increasing.</exception>
    public static (PathGrid Grid, Tensor Values) Create(Tensor times, Tensor values)
    {
        ArgumentNullException.ThrowIfNull(times);
        ArgumentNullException.ThrowIfNull(values);
        NativeBackend.EnsureLoaded();
        Tensor points = values.dim() == 2 ? values.unsqueeze(0) : values;
        Validate(times, values, points);
        Tensor rows = times.detach().to(ScalarType.Float64, values.device);
        PathGrid grid = Of(rows.dim() == 1 ? rows.unsqueeze(0) : rows);
        grid.RequireIncreasing();
        return (grid, points);
    }

    private static void Validate(Tensor times, Tensor values, Tensor points)
    {
        bool fits = times.dim() is 1 or 2 && points.dim() == 3 && points.shape[2] > 0 && times.shape[^1] == points.shape[1] && times.shape[^1] >= 2
            && (times.dim() == 1 || points.shape[0] == 1 || times.shape[0] == points.shape[0]);
        if (!fits || values.dtype is not (ScalarType.Float32 or ScalarType.Float64))
        {
            throw new ArgumentException(
                $"Times have shape [{string.Join(", ", times.shape)}] and values are {values.dtype} [{string.Join(", ", values.shape)}]: needed are times [points] or [batch, points], at least two, and as many floating-point values [points, channels] or [batch, points, channels].",
                nameof(values));
        }
    }

    // Equal times are allowed behind the last one only, and not in the place of all.
    private void RequireIncreasing()
    {
        Tensor gaps = Times.diff(dim: 1);
        Tensor padding = HeldArithmetic.Range(0, gaps.shape[1], gaps.device).unsqueeze(0).ge(LastPoints.unsqueeze(1));
        Tensor sound = where(padding, gaps.eq(0.Held()), gaps.gt(0.Held())).all(1).logical_and(LastPoints.gt(0.Held())).logical_and(Times.isfinite().all(1));
        bool[] rows = [.. sound.cpu().data<bool>()];
        if (Array.IndexOf(rows, false) is int row and >= 0)
        {
            throw new ArgumentException($"Times of row {row} must be finite and increasing, at least two of them; only the last may be repeated.", "times");
        }
    }
}
