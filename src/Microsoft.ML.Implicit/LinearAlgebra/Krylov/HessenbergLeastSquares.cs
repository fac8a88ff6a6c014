namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>min ‖β e₁ − H y‖₂ for a Hessenberg matrix that grows by columns, kept triangular by Givens rotations.</summary>
internal sealed class HessenbergLeastSquares
{
    private readonly double[][] _columns;
    private readonly (double Cosine, double Sine)[] _rotations;
    private readonly double[] _right;
    private int _count;

    /// <param name="size">Largest number of columns.</param>
    /// <param name="norm">β.</param>
    public HessenbergLeastSquares(int size, double norm)
    {
        _columns = new double[size][];
        _rotations = new (double, double)[size];
        _right = new double[size + 1];
        _right[0] = norm;
    }

    /// <summary>Norm of the residual at the minimum.</summary>
    public double Residual => Math.Abs(_right[_count]);

    /// <summary>Appends a column, one element longer than the one before.</summary>
    public void Append(ReadOnlySpan<double> column)
    {
        double[] values = column.ToArray();
        for (int i = 0; i < _count; i++)
        {
            (values[i], values[i + 1]) = Rotate(_rotations[i], values[i], values[i + 1]);
        }

        double length = double.Hypot(values[_count], values[_count + 1]);
        _rotations[_count] = length == 0 ? (1, 0) : (values[_count] / length, values[_count + 1] / length);
        values[_count] = length;
        (_right[_count], _right[_count + 1]) = Rotate(_rotations[_count], _right[_count], 0);
        _columns[_count++] = values;
    }

    /// <summary>The minimum, by back substitution; a direction that adds nothing gets weight zero.</summary>
    /// <param name="count">Length of y, at least the number of columns.</param>
    public double[] Solve(int count)
    {
        double[] y = new double[count];
        for (int i = _count - 1; i >= 0; i--)
        {
            double sum = _right[i];
            for (int j = i + 1; j < _count; j++)
            {
                sum -= _columns[j][i] * y[j];
            }

            y[i] = _columns[i][i] == 0 ? 0 : sum / _columns[i][i];
        }

        return y;
    }

    private static (double First, double Second) Rotate((double Cosine, double Sine) rotation, double first, double second) =>
        ((rotation.Cosine * first) + (rotation.Sine * second), (rotation.Cosine * second) - (rotation.Sine * first));
}
