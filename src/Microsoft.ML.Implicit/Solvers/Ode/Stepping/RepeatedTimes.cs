namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>Output times after the first that equal it: the state there is the initial state. Only rows with times of their own may repeat them.</summary>
internal static class RepeatedTimes
{
    /// <summary>Finds them.</summary>
    /// <param name="times">Sorted times of each clock.</param>
    /// <returns>Their places in <c>[times · clocks]</c>, and the clock of each.</returns>
    public static (long[] Places, long[] Clocks) Find(IReadOnlyList<double[]> times)
    {
        List<long> places = [];
        List<long> clocks = [];
        for (int clock = 0; clock < times.Count; clock++)
        {
            double[] own = times[clock];
            for (int k = 1; k < own.Length && own[k] == own[0]; k++)
            {
                places.Add(((long)k * times.Count) + clock);
                clocks.Add(clock);
            }
        }

        return ([.. places], [.. clocks]);
    }
}
