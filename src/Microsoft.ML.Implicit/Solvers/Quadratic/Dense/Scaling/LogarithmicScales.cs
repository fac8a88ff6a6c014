using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Scaling;

/// <summary>
/// Scales that undo the units of variables and rows, whatever these are: in each set of <see cref="LinkedVariables"/> they take the scale of one variable on to the
/// rows it is in, from there to their variables and so on, each by the mean logarithm of the entries whose other side is known; then the logarithms of the entries, and
/// of the diagonal of Q as one entry a column, are evened out (Curtis and Reid, 1972). Multiplying rows and columns by any positive numbers changes the scales by just these.
/// </summary>
internal sealed unsafe class LogarithmicScales
{
    /// <summary>Sweeps after every scale is known.</summary>
    public const int EveningSweeps = 4;

    /// <summary>Added to logarithms that are rounded down: to the nearest, and ties, which rounding errors would break either way, up.</summary>
    public const double Rounding = 0.5 + 1e-6;

    private const int Lanes = 4;

    private readonly ConstraintLayout _layout;
    private readonly PinnedBuffer _buffer;
    private readonly double* _sums;
    private readonly double* _counts;
    private readonly double[] _levels;

    public LogarithmicScales(ConstraintLayout layout)
    {
        _layout = layout;
        int n = layout.Variables, m = layout.General, k = layout.PaddedEqualities, most = Math.Max(n, Math.Max(m, k));
        _buffer = new PinnedBuffer(n + m + k + (2 * most));
        Variables = _buffer.Take(n);
        Inequalities = _buffer.Take(m);
        Equalities = _buffer.Take(k);
        _sums = _buffer.Take(most);
        _counts = _buffer.Take(most);
        _levels = new double[layout.ActualVariables];
    }

    /// <summary>Powers of two by which to multiply columns; first their logarithms.</summary>
    public double* Variables { get; }

    /// <summary>The same for rows of G.</summary>
    public double* Inequalities { get; }

    /// <summary>The same for rows of A.</summary>
    public double* Equalities { get; }

    /// <summary>Finds the scales of matrices in the user's units.</summary>
    public void Find(DenseMatrices matrices)
    {
        LinkedVariables linked = matrices.Linked;
        new Span<double>(Inequalities, _layout.General).Fill(double.NaN);
        new Span<double>(Equalities, _layout.PaddedEqualities).Fill(double.NaN);
        for (int i = 0; i < _layout.Variables; i++)
        {
            Variables[i] = i >= _layout.ActualVariables || linked.SetOf(i) == i ? 0 : double.NaN;
        }

        for (int sweeps = 0; sweeps < EveningSweeps;)
        {
            UpdateRows(matrices.GTransposed, Inequalities);
            UpdateRows(matrices.ATransposed, Equalities);
            UpdateVariables(matrices, AllKnown());
            sweeps += AllKnown() ? 1 : 0;
        }

        MeasureCurvatures(matrices);
        Shift(Variables, _layout.ActualVariables, linked.SetOf, -1);
        Shift(Inequalities, _layout.Inequalities, linked.SetOfInequality, 1);
        Shift(Equalities, _layout.Equalities, linked.SetOfEquality, 1);
        ToPowers(Variables, _layout.Variables);
        ToPowers(Inequalities, _layout.General);
        ToPowers(Equalities, _layout.PaddedEqualities);
    }

    private bool AllKnown() => !double.IsNaN(TensorPrimitives.Sum(new ReadOnlySpan<double>(Variables, _layout.ActualVariables)));

    private void UpdateRows(PanelMatrix transposed, double* rows)
    {
        int length = transposed.Panels * Panel.Width;
        new Span<double>(_sums, length).Clear();
        new Span<double>(_counts, length).Clear();
        AddColumns(transposed, Variables, _sums, _counts);
        Divide(rows, length);
    }

    private void UpdateVariables(DenseMatrices matrices, bool areKnown)
    {
        if (areKnown)
        {
            MeasureCurvatures(matrices);
        }

        new Span<double>(_sums, _layout.Variables).Clear();
        new Span<double>(_counts, _layout.Variables).Clear();
        AddColumns(matrices.G, Inequalities, _sums, _counts);
        AddColumns(matrices.A, Equalities, _sums, _counts);
        for (int i = 0; areKnown && i < _layout.ActualVariables; i++)
        {
            double curvature = matrices.Q.At(i, i);
            if (curvature != 0)
            {
                _sums[i] += (0.5 * Math.ILogB(curvature)) - _levels[matrices.Linked.SetOf(i)];
                _counts[i]++;
            }
        }

        Divide(Variables, _layout.Variables);
    }

    private void Divide(double* logarithms, int length)
    {
        for (int i = 0; i < length; i++)
        {
            logarithms[i] = _counts[i] > 0 ? -_sums[i] / _counts[i] : logarithms[i];
        }
    }

    // In each set with curvature, half the logarithm of the scaled diagonal of Q, on average.
    private void MeasureCurvatures(DenseMatrices matrices)
    {
        Array.Clear(_levels);
        new Span<double>(_counts, _layout.Variables).Clear();
        for (int i = 0; i < _layout.ActualVariables; i++)
        {
            double curvature = matrices.Q.At(i, i);
            if (curvature != 0)
            {
                int set = matrices.Linked.SetOf(i);
                _levels[set] += Variables[i] + (0.5 * Math.ILogB(curvature));
                _counts[set]++;
            }
        }

        for (int i = 0; i < _levels.Length; i++)
        {
            _levels[i] /= Math.Max(_counts[i], 1);
        }
    }

    private void Shift(double* logarithms, int count, Func<int, int> setOf, double sign)
    {
        for (int i = 0; i < count; i++)
        {
            logarithms[i] += sign * _levels[setOf(i)];
        }
    }

    private static void ToPowers(double* logarithms, int length)
    {
        for (int i = 0; i < length; i++)
        {
            logarithms[i] = double.IsNaN(logarithms[i]) ? 1 : Math.ScaleB(1, (int)Math.Floor(logarithms[i] + Rounding));
        }
    }

    // Adds, over the entries of each column in rows with known scales, the logarithms of the scaled entries, and their number.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddColumns(PanelMatrix matrix, double* rows, double* sums, double* counts)
    {
        for (int panel = 0; panel < matrix.Panels; panel++)
        {
            for (int part = 0; part < Panel.Width; part += Lanes)
            {
                double* entries = matrix.Column(panel) + part;
                double* sumPart = sums + (panel * Panel.Width) + part, countPart = counts + (panel * Panel.Width) + part;
                Vector256<double> sum = Vector256.Load(sumPart), count = Vector256.Load(countPart);
                for (int i = 0; i < matrix.Rows; i++, entries += Panel.Width)
                {
                    Vector256<double> entry = Vector256.Load(entries), row = Vector256.Create(rows[i]);
                    Vector256<double> isKnown = ~Vector256.Equals(entry, Vector256<double>.Zero) & Vector256.Equals(row, row);
                    sum += (Exponents(entry) + row) & isKnown;
                    count += Vector256<double>.One & isKnown;
                }

                sum.Store(sumPart);
                count.Store(countPart);
            }
        }
    }

    // The biased exponents, laid over the last bits of 2^52, less both.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Exponents(Vector256<double> values)
    {
        Vector256<long> exponents = Vector256.ShiftRightLogical(Vector256.Abs(values).AsInt64(), 52);
        return (exponents | Vector256.Create(0x4330000000000000L)).AsDouble() - Vector256.Create(4503599627370496.0 + 1023);
    }
}
