using Microsoft.ML.Implicit.Solvers.Sde.Brownian.Managed;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian;

/// <summary>A cell of the dyadic division of one of a path's intervals.</summary>
/// <param name="Interval">Index of the interval.</param>
/// <param name="Level">How often it was halved.</param>
/// <param name="Index">Index among the cells of its level in the interval.</param>
/// <param name="First">Tick that it starts at.</param>
/// <param name="Length">Its length in ticks, a power of two.</param>
internal readonly record struct BrownianCell(long Interval, int Level, long Index, long First, long Length)
{
    /// <summary>Tick that it ends at.</summary>
    public long Last => First + Length;

    /// <summary>Tick between its halves.</summary>
    public long Middle => First + (Length / 2);

    public BrownianCell LeftHalf => new(Interval, Level + 1, 2 * Index, First, Length / 2);

    public BrownianCell RightHalf => new(Interval, Level + 1, (2 * Index) + 1, Middle, Length / 2);

    /// <summary>Counter of the noise of the cell's division: no other division of the path has it.</summary>
    public ulong DivisionCounter => NormalGenerator.Combine((ulong)Interval, (1UL << Level) + (ulong)Index);

    /// <summary>Counter of the noise of an interval itself.</summary>
    public static ulong CounterOfInterval(long interval) => NormalGenerator.Combine((ulong)interval, 0);
}
