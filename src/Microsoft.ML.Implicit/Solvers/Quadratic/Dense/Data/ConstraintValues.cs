using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;

/// <summary>Slacks, separated as <see cref="Complementarity"/> says, and multipliers of one kind of constraint for a batch, in the user's units.</summary>
/// <param name="rows">Number of rows of the batch.</param>
/// <param name="count">Constraints of this kind a row.</param>
/// <param name="offset">Where they begin in a constraint vector.</param>
internal sealed unsafe class ConstraintValues(int rows, int count, int offset)
{
    public double[] Slacks { get; } = new double[rows * count];

    public double[] Multipliers { get; } = new double[rows * count];

    public int Count => count;

    public void Fail(int row)
    {
        Array.Fill(Slacks, double.NaN, row * count, count);
        Array.Fill(Multipliers, double.NaN, row * count, count);
    }

    public void Store(int row, DenseRow data, DenseIterate x)
    {
        for (int i = 0; i < count; i++)
        {
            double unit = data.ConstraintUnit[offset + i];
            Slacks[(row * count) + i] = data.Active[offset + i] > 0 ? Complementarity.Separate(x.S[offset + i], x.Lambda[offset + i]) * unit : data.InactiveSlack[offset + i];
            Multipliers[(row * count) + i] = x.Lambda[offset + i] * (data.ObjectiveUnit / unit);
        }
    }

    public void LoadInto(int row, DenseRow data, DenseIterate x)
    {
        for (int i = 0; i < count; i++)
        {
            double unit = data.ConstraintUnit[offset + i];
            bool active = data.Active[offset + i] > 0 && Slacks[(row * count) + i] < double.PositiveInfinity;
            x.S[offset + i] = active ? Slacks[(row * count) + i] / unit : 1;
            x.Lambda[offset + i] = active ? Multipliers[(row * count) + i] / (data.ObjectiveUnit / unit) : 0;
        }
    }

    /// <summary>Stores the multiplier of the constraint that holds a variable without room, in the user's units. It alone has no slack.</summary>
    public void StoreFixed(int row, int constraint, double multiplier)
    {
        int index = (row * count) + constraint - offset;
        Slacks[index] = 0;
        Multipliers[index] = multiplier;
    }
}
