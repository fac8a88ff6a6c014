namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>Slacks and multipliers of one kind of constraint for a batch, in the user's units.</summary>
/// <param name="rows">Number of rows of the batch.</param>
/// <param name="count">Constraints of this kind a row.</param>
/// <param name="offset">Where they begin in a constraint vector.</param>
internal sealed unsafe class ConstraintValues(int rows, int count, int offset)
{
    public double[] Slacks { get; } = new double[rows * count];

    public double[] Multipliers { get; } = new double[rows * count];

    public int Count => count;

    public int Offset => offset;

    public void Fail(int row)
    {
        Array.Fill(Slacks, double.NaN, row * count, count);
        Array.Fill(Multipliers, double.NaN, row * count, count);
    }

    public void Store(int row, DenseRow data, DenseIterate x)
    {
        for (int i = 0; i < count; i++)
        {
            double scale = data.ConstraintScale[offset + i];
            bool active = data.Active[offset + i] > 0;
            Slacks[(row * count) + i] = active ? x.S[offset + i] / scale : double.PositiveInfinity;
            Multipliers[(row * count) + i] = x.Lambda[offset + i] * scale;
        }
    }

    public void LoadInto(int row, DenseRow data, DenseIterate x)
    {
        for (int i = 0; i < count; i++)
        {
            double scale = data.ConstraintScale[offset + i];
            x.S[offset + i] = data.Active[offset + i] > 0 ? Slacks[(row * count) + i] * scale : 1;
            x.Lambda[offset + i] = Multipliers[(row * count) + i] / scale;
        }
    }
}
