using System.Diagnostics;

namespace Microsoft.ML.Implicit.Training;

/// <summary>A network's place among those that are trained one after another.</summary>
/// <param name="Index">Networks trained before it.</param>
/// <param name="Count">All networks.</param>
/// <param name="Start">Timestamp of the beginning of the first one's training.</param>
internal sealed record EnsembleMember(int Index, int Count, long Start)
{
    /// <summary>The place of a network that is trained alone, from now on.</summary>
    public static EnsembleMember Alone() => new(0, 1, Stopwatch.GetTimestamp());
}
