namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>Makes a point strictly interior, so that an interior point method can start from it.</summary>
internal static unsafe class StartingPoint
{
    private const double Smallest = 1e-6;

    /// <summary>Shifts slacks and multipliers of either sign to positive ones of like size (Mehrotra, 1992, section 7).</summary>
    public static void MoveInside(DenseRow row, DenseIterate x)
    {
        int length = row.Layout.Length;
        double lowestSlack = double.PositiveInfinity, lowestMultiplier = double.PositiveInfinity;
        for (int i = 0; i < length; i++)
        {
            if (row.Active[i] > 0)
            {
                lowestSlack = Math.Min(lowestSlack, x.S[i]);
                lowestMultiplier = Math.Min(lowestMultiplier, x.Lambda[i]);
            }
        }

        double slackShift = Math.Max(-1.5 * lowestSlack, 0), multiplierShift = Math.Max(-1.5 * lowestMultiplier, 0);
        double product = 0, slacks = 0, multipliers = 0;
        for (int i = 0; i < length; i++)
        {
            double s = row.Active[i] * (x.S[i] + slackShift), l = row.Active[i] * (x.Lambda[i] + multiplierShift);
            product += s * l;
            slacks += s;
            multipliers += l;
        }

        slackShift += multipliers > 0 ? 0.5 * product / multipliers : 0;
        multiplierShift += slacks > 0 ? 0.5 * product / slacks : 0;
        for (int i = 0; i < length; i++)
        {
            bool active = row.Active[i] > 0;
            x.S[i] = active ? Math.Max(x.S[i] + slackShift, Smallest) : 1;
            x.Lambda[i] = active ? Math.Max(x.Lambda[i] + multiplierShift, Smallest) : 0;
        }
    }
}
