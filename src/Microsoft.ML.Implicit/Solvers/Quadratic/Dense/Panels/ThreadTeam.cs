namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

/// <summary>Threads that share the work on one row. What they compute does not depend on how many they are.</summary>
internal sealed class ThreadTeam(int size)
{
    // Less work than this many multiplications a thread is done before the others have woken.
    private const long SmallestShare = 1_000_000;

    private readonly ParallelOptions _options = new() { MaxDegreeOfParallelism = size };

    /// <summary>Runs independent parts.</summary>
    /// <param name="count">Number of parts.</param>
    /// <param name="multiplications">Their size, all together.</param>
    /// <param name="part">Does the part of an index.</param>
    public void For(int count, long multiplications, Action<int> part)
    {
        if (size == 1 || multiplications < size * SmallestShare)
        {
            for (int i = 0; i < count; i++)
            {
                part(i);
            }

            return;
        }

        Parallel.For(0, count, _options, part);
    }
}
