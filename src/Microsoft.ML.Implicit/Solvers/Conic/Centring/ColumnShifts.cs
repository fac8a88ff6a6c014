using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Centring;

/// <summary>A change of variables x = Tu with unit triangular T that is one shift of a column of A after the other. P has no entries in the columns that multiples are taken of, and stays what it is.</summary>
internal sealed class ColumnShifts(IReadOnlyList<ColumnShift> shifts)
{
    public static ColumnShifts None { get; } = new([]);

    /// <summary>A ← A T.</summary>
    public void Apply(RowMatrix a)
    {
        for (int i = 0; i < a.Rows && shifts.Count > 0; i++)
        {
            foreach (ColumnShift shift in shifts)
            {
                if (a.Find(i, shift.Other) is >= 0 and int other && a.Values[other] != 0)
                {
                    ref double value = ref a.Values[a.Find(i, shift.Column)];
                    value = Math.FusedMultiplyAdd(-shift.Factor, a.Values[other], value);
                }
            }
        }
    }

    /// <summary>q ← Tᵀq.</summary>
    public void ToColumns(Span<double> q)
    {
        foreach (ColumnShift shift in shifts)
        {
            q[shift.Column] = Math.FusedMultiplyAdd(-shift.Factor, q[shift.Other], q[shift.Column]);
        }
    }

    /// <summary>u ← Tu.</summary>
    public void ToVariables(Span<double> u)
    {
        for (int i = shifts.Count - 1; i >= 0; i--)
        {
            ColumnShift shift = shifts[i];
            u[shift.Other] = Math.FusedMultiplyAdd(-shift.Factor, u[shift.Column], u[shift.Other]);
        }
    }

    /// <summary>x ← T⁻¹x.</summary>
    public void FromVariables(Span<double> x)
    {
        foreach (ColumnShift shift in shifts)
        {
            x[shift.Other] = Math.FusedMultiplyAdd(shift.Factor, x[shift.Column], x[shift.Other]);
        }
    }
}
