using Microsoft.ML.Implicit.Solvers.Conic.Interior;

namespace Microsoft.ML.Implicit.Solvers.Conic.Units;

/// <summary>Changes of units, as powers of two, after which a point that was found is of the order of one.</summary>
/// <param name="program">The program, in whose units the point is.</param>
internal sealed class PointUnits(ScaledProgram program)
{
    // What costs may be left of, beside the largest.
    private const double Rounding = 1e-30;

    // Beside the solution. Of what is smaller the ratio says nothing.
    private const double SmallestSlack = 1e-9;

    // Of a unit at once.
    private const double LargestChange = 100;

    /// <summary>Of variables.</summary>
    public int[] Variables { get; } = new int[program.Q.Length];

    /// <summary>Of z of exponential cones beside x and y, in the order of their shears.</summary>
    public int[] Shears { get; private set; } = [];

    /// <summary>Finds the changes.</summary>
    /// <param name="point">The point.</param>
    /// <param name="slacks">The units of slacks.</param>
    /// <returns>Whether there are any.</returns>
    public bool Find(ConePoint point, SlackUnits slacks)
    {
        double objective = program.Curvature(point.X) / (2 * point.Tau * point.Tau);
        for (int i = 0; i < Variables.Length; i++)
        {
            objective += Math.Abs(program.Q[i] * point.X[i] / point.Tau);
        }

        // Where all is small the solution as a whole is, and not only what vanishes at the optimum.
        double least = Math.Min(1, DenseVector.MaximumMagnitude(point.X) / point.Tau);
        for (int i = 0; i < Variables.Length; i++)
        {
            double size = Math.Max(least, Math.Abs(point.X[i] / point.Tau)), cost = Math.Abs(program.Q[i]);
            Variables[i] = Exponent(Math.Min(size, cost > 0 ? Equilibration.LargestSide * Math.Max(objective, Rounding) / cost : size));
        }

        Shears = [.. slacks.Shears.Select(shear => ExponentOfQuotient(point.S[shear.Start + 1] / point.Tau, point.S[shear.Start + 2] / point.Tau))];
        return Variables.AsSpan().ContainsAnyExcept(0) || Shears.AsSpan().ContainsAnyExcept(0);

        int ExponentOfQuotient(double y, double z) => Math.Min(y, z) > SmallestSlack * least ? Exponent(y / z) : 0;
    }

    /// <summary>The power of two that is nearest to a ratio.</summary>
    public static int Exponent(double ratio) => double.IsFinite(ratio) && ratio > 0 ? (int)Math.Clamp(Math.Round(Math.Log2(ratio)), -LargestChange, LargestChange) : 0;
}
