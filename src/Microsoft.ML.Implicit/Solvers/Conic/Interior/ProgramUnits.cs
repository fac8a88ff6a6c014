using Microsoft.ML.Implicit.Solvers.Conic.Centring;
using Microsoft.ML.Implicit.Solvers.Conic.Units;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>Units of a scaled program, and where its variables are zero: x = C(u₀ + βDx̄), s = βT⁻¹E⁻¹s̄, y = γTᵀEȳ.</summary>
/// <param name="Columns">C.</param>
/// <param name="Origin">u₀.</param>
/// <param name="D">Of variables.</param>
/// <param name="E">Of slacks in normal units.</param>
/// <param name="Slacks">T.</param>
/// <param name="Solution">β.</param>
/// <param name="Cost">γ.</param>
internal sealed record ProgramUnits(ColumnShifts Columns, double[] Origin, double[] D, double[] E, SlackUnits Slacks, double Solution, double Cost)
{
    /// <summary>A direction in x of one in x̄.</summary>
    public void FromScaledDirection(ReadOnlySpan<double> scaled, Span<double> x)
    {
        Convert(scaled, D, Solution, x);
        Columns.ToVariables(x);
    }

    /// <summary>x̄ of x.</summary>
    public void ToScaled(ReadOnlySpan<double> x, Span<double> scaled)
    {
        x.CopyTo(scaled);
        Columns.FromVariables(scaled);
        for (int i = 0; i < scaled.Length; i++)
        {
            scaled[i] = (scaled[i] - Origin[i]) / (D[i] * Solution);
        }
    }

    /// <summary>Costs of x̄ of costs of x.</summary>
    public void ToScaledCosts(ReadOnlySpan<double> q, Span<double> scaled)
    {
        q.CopyTo(scaled);
        Columns.ToColumns(scaled);
        DenseVector.Scale(scaled, 1 / Cost, D);
    }

    /// <summary>s̄ of slacks.</summary>
    public void ToScaledSlacks(ReadOnlySpan<double> s, Span<double> scaled)
    {
        s.CopyTo(scaled);
        Slacks.ToNormalSlacks(scaled);
        DenseVector.Scale(scaled, 1 / Solution, E);
    }

    /// <summary>ȳ of multipliers.</summary>
    public void ToScaledMultipliers(ReadOnlySpan<double> y, Span<double> scaled)
    {
        y.CopyTo(scaled);
        Slacks.ToNormalMultipliers(scaled);
        for (int i = 0; i < scaled.Length; i++)
        {
            scaled[i] /= E[i] * Cost;
        }
    }

    /// <summary>Slacks of s̄.</summary>
    public void FromScaledSlacks(ReadOnlySpan<double> scaled, Span<double> s)
    {
        for (int i = 0; i < s.Length; i++)
        {
            s[i] = scaled[i] * Solution / E[i];
        }

        Slacks.FromNormalSlacks(s);
    }

    /// <summary>Multipliers of ȳ.</summary>
    public void FromScaledMultipliers(ReadOnlySpan<double> scaled, Span<double> y)
    {
        Convert(scaled, E, Cost, y);
        Slacks.FromNormalMultipliers(y);
    }

    private static void Convert(ReadOnlySpan<double> from, ReadOnlySpan<double> units, double unit, Span<double> to)
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = from[i] * units[i] * unit;
        }
    }
}
