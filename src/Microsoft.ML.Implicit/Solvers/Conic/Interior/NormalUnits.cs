using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>
/// Chooses the units of a program's variables, slacks and costs in which the nonzero entries of P, q, A and b are about one: the least squares fit of their logarithms
/// (Curtis and Reid, 1972), so that programs that differ in units alone become one. Slacks have as many units as their cones have maps onto themselves. All are powers
/// of two, which round nothing.
/// </summary>
internal sealed class NormalUnits
{
    // Of the fit; entries far from one, which may be rounding or stand for infinity, count little after the first pass.
    private const int Passes = 5;
    private const int MaximumSteps = 100;
    private const double Precision = 1e-2;

    // In a direction that no term depends on, a residual of rounding alone would be followed without end.
    private const double Negligible = 1e-16;

    private const double OrdinaryMisfit = 8;

    // Costs that are small beside squares where constraints say how large a solution is matter to neither: a compromise with them would put it far from one.
    private const double OrdinaryMisfitOfSmallCosts = 1;

    // A limit may be far from what it limits, or stand for none.
    private const double ImportanceOfLimits = 1e-4;

    // Beside the largest right-hand side of equalities, what rounding may have left of zero: it says nothing of units.
    private const double Rounding = 1e-15;

    private const double LargestExponent = 200;

    private readonly ConeBlock[] _blocks;
    private readonly int _n;
    private readonly RowUnit[] _rowUnits;
    private readonly RowUnit[] _plainUnits;
    private readonly double[] _right;
    private readonly LogarithmicTerms _quadratic;
    private readonly LogarithmicTerms _cost;
    private readonly LogarithmicTerms _matrix;
    private readonly LogarithmicTerms _side;
    private readonly double[] _columns;
    private readonly double[] _rows;
    private readonly double[] _columnSlopes;
    private readonly double[] _rowSlopes;
    private readonly double[] _quadraticRows;
    private readonly double[] _quadraticSlopes;
    private readonly double[] _exponents;
    private readonly double[] _change;
    private readonly double[] _residual;
    private readonly double[] _direction;
    private readonly double[] _image;
    private readonly double[] _curvature;

    public NormalUnits(ConeProblem problem, ConeBlock[] blocks, SparseStructure? structure)
    {
        _blocks = blocks;
        (_n, int m) = (problem.Variables, problem.Constraints);
        (_rowUnits, _plainUnits, _right) = (new RowUnit[m], new RowUnit[m], new double[m]);
        int count = _n + 1;
        foreach (ConeBlock block in blocks)
        {
            count = block.DescribeUnits(_plainUnits.AsSpan(block.Start, block.Dimension), count);
        }

        (_quadratic, _cost) = (new LogarithmicTerms(problem.P is null ? 0 : _n, _n, structure?.P), new LogarithmicTerms(1, _n));
        (_matrix, _side) = (new LogarithmicTerms(m, _n, structure?.A), new LogarithmicTerms(1, m));
        foreach (ConeBlock block in blocks.Where(block => block is NonnegativeBlock))
        {
            block.Of(_side.Importance).Fill(ImportanceOfLimits);
        }

        (_quadraticRows, _quadraticSlopes) = (new double[_n], new double[_n]);
        (_columns, _columnSlopes, _rows, _rowSlopes) = (new double[_n], new double[_n], new double[m], new double[m]);
        (_exponents, _change, _residual, _direction, _image, _curvature) =
            (new double[count], new double[count], new double[count], new double[count], new double[count], new double[count]);
    }

    /// <summary>Takes P, A and the vectors of a program, and gives the first two in normal units.</summary>
    /// <returns>Units x = Dx̄ and those of slacks, and the number that costs are multiplied by.</returns>
    public (double[] Variables, double Cost, SlackUnits Slacks) Apply(RowMatrix p, ReadOnlySpan<double> q, RowMatrix a, ReadOnlySpan<double> b)
    {
        b.CopyTo(_right);
        DropRounding();
        _plainUnits.CopyTo(_rowUnits, 0);
        var slacks = new SlackUnits(new double[_right.Length], FindPairs(a), [.. _blocks.OfType<ExponentialBlock>().Select(block => (block.Start, 0.0))]);
        slacks.Rotate(a, 1);
        slacks.Rotate(_right, 1);
        _quadratic.Take(p);
        _cost.Take(q);
        _matrix.Take(a);
        _side.Take(_right);
        slacks.Rotate(a, 0.5);
        Fit();
        return Scale(p, a, slacks);
    }

    private void DropRounding()
    {
        double largest = 0;
        foreach (ZeroBlock block in _blocks.OfType<ZeroBlock>())
        {
            largest = Math.Max(largest, DenseVector.MaximumMagnitude(block.Of(_right)));
        }

        foreach (ZeroBlock block in _blocks.OfType<ZeroBlock>())
        {
            foreach (ref double side in block.Of(_right))
            {
                side = Math.Abs(side) > Rounding * largest ? side : 0;
            }
        }
    }

    private (double[] Variables, double Cost, SlackUnits Slacks) Scale(RowMatrix p, RowMatrix a, SlackUnits slacks)
    {
        int[] units = Array.ConvertAll(_exponents, exponent => (int)Math.Clamp(Math.Round(exponent), -LargestExponent, LargestExponent));
        double[] variables = [.. units.Take(_n).Select(unit => Math.ScaleB(1, unit))];
        double cost = Math.ScaleB(1, units[_n]);
        for (int i = 0; i < _rowUnits.Length; i++)
        {
            slacks.Factors[i] = Math.ScaleB(1, units[_rowUnits[i].First] + (_rowUnits[i].Weight * units[_rowUnits[i].Second]));
        }

        slacks = slacks with { Shears = [.. slacks.Shears.Select(shear => (shear.Start, Math.Log(2) * units[_rowUnits[shear.Start + 2].Second]))] };
        slacks.ToNormalRows(a, variables);
        for (int i = 0; i < p.Rows; i++)
        {
            p.Scale(i, cost * variables[i], variables);
        }

        return (variables, cost, slacks);
    }

    // Where s₀ + sₖ and s₀ − sₖ have fewer entries than s₀ and sₖ, they are what was meant: u and v of ‖w‖² ≤ uv.
    private List<(int First, int Second)> FindPairs(RowMatrix a)
    {
        List<(int First, int Second)> pairs = [];
        foreach (SecondOrderBlock block in _blocks.OfType<SecondOrderBlock>())
        {
            (int best, int saved) = (0, 0);
            for (int k = block.Start + 1; k < block.Start + block.Dimension; k++)
            {
                int less = Saving(_right[block.Start], _right[k]) + Saving(a.Row(block.Start), a.Row(k));
                (best, saved) = less > saved ? (k, less) : (best, saved);
            }

            if (saved > 0)
            {
                pairs.Add((block.Start, best));
                _rowUnits[block.Start] = _rowUnits[block.Start] with { Weight = 1 };
                _rowUnits[best] = _rowUnits[best] with { Weight = -1 };
            }
        }

        return pairs;
    }

    // The same of each pair of entries: one less where magnitudes are the same, one more where a zero meets a number.
    private static int Saving(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        ReadOnlySpan<Vector<double>> left = MemoryMarshal.Cast<double, Vector<double>>(x), right = MemoryMarshal.Cast<double, Vector<double>>(y);
        Vector<long> sums = default;
        for (int i = 0; i < left.Length; i++)
        {
            Vector<long> isLeftZero = Vector.Equals(left[i], Vector<double>.Zero), isRightZero = Vector.Equals(right[i], Vector<double>.Zero);

            // What holds is −1.
            sums += (isLeftZero ^ isRightZero) - Vector.AndNot(Vector.Equals(Vector.Abs(left[i]), Vector.Abs(right[i])), isLeftZero);
        }

        int saving = (int)Vector.Sum(sums);
        for (int i = left.Length * Vector<double>.Count; i < x.Length; i++)
        {
            saving += Saving(x[i], y[i]);
        }

        return saving;
    }

    private static int Saving(double x, double y) => (x != 0 ? 1 : 0) + (y != 0 ? 1 : 0) - (x + y != 0 ? 1 : 0) - (x - y != 0 ? 1 : 0);

    private void Fit()
    {
        Array.Clear(_exponents);
        for (int pass = 0; pass < Passes; pass++)
        {
            Spread(_exponents);
            (double spread, double spreadOfSmallCosts) = pass == 0 ? (double.PositiveInfinity, double.PositiveInfinity) : (OrdinaryMisfit, OrdinaryMisfitOfSmallCosts);
            _quadratic.Weigh(_columns, _columns, _exponents[_n], spread, spread);
            _cost.Weigh([_exponents[_n]], _columns, 0, spread, spreadOfSmallCosts);
            _matrix.Weigh(_rows, _columns, 0, spread, spread);
            _side.Weigh([0], _rows, 0, spread, spread);
            Step();
        }
    }

    // Conjugate gradients on the normal equations, with their diagonal.
    private void Step()
    {
        Slope(_exponents, isFit: true, _residual);
        DenseVector.Scale(_residual, -1);
        Diagonal();
        Array.Clear(_change);
        Array.Clear(_direction);
        double last = 0, first = 0;
        for (int i = 0; i < MaximumSteps; i++)
        {
            double now = 0;
            for (int k = 0; k < _residual.Length; k++)
            {
                _image[k] = _curvature[k] > 0 ? _residual[k] / _curvature[k] : 0;
                now += _image[k] * _residual[k];
            }

            first = i == 0 ? now : first;
            if (!(now > Math.Max(first * Precision * Precision, Negligible)))
            {
                break;
            }

            DenseVector.Scale(_direction, i == 0 ? 0 : now / last);
            DenseVector.AddScaled(_direction, 1, _image);
            last = now;
            Slope(_direction, isFit: false, _image);
            double step = now / DenseVector.Dot(_direction, _image);
            if (!double.IsFinite(step))
            {
                break;
            }

            DenseVector.AddScaled(_change, step, _direction);
            DenseVector.AddScaled(_residual, -step, _image);
        }

        DenseVector.AddScaled(_exponents, 1, _change);
    }

    // Half the slope of the weighted sum of squares, or, without the logarithms themselves, the product with its curvature.
    private void Slope(double[] exponents, bool isFit, double[] slope)
    {
        Spread(exponents);
        Array.Clear(_columnSlopes);
        Array.Clear(_rowSlopes);
        Span<double> cost = [0], none = [0];
        _matrix.AddSlope(_rows, _columns, isFit, _rowSlopes, _columnSlopes);
        _side.AddSlope([0], _rows, isFit, none, _rowSlopes);
        _cost.AddSlope([exponents[_n]], _columns, isFit, cost, _columnSlopes);
        if (_quadratic.Rows > 0)
        {
            // Entries stand twice, as in a row and as in a column: those of rows are left out, and costs have half.
            for (int i = 0; i < _n; i++)
            {
                (_quadraticRows[i], _quadraticSlopes[i]) = (_columns[i] + exponents[_n], 0);
            }

            _quadratic.AddSlope(_quadraticRows, _columns, isFit, _quadraticSlopes, _columnSlopes);
            cost[0] += _quadraticSlopes.Sum() / 2;
        }

        Gather(_rowSlopes, slope, isSquared: false);
        _columnSlopes.CopyTo(slope, 0);
        slope[_n] = cost[0];
    }

    private void Diagonal()
    {
        Array.Clear(_columnSlopes);
        Array.Clear(_rowSlopes);
        Span<double> cost = [0], none = [0];
        _matrix.AddWeights(_rowSlopes, _columnSlopes);
        _side.AddWeights(none, _rowSlopes);
        _cost.AddWeights(cost, _columnSlopes);
        if (_quadratic.Rows > 0)
        {
            Array.Clear(_quadraticSlopes);
            _quadratic.AddWeights(_quadraticSlopes, _columnSlopes);
            cost[0] += _quadraticSlopes.Sum() / 2;
        }

        Gather(_rowSlopes, _curvature, isSquared: true);
        _columnSlopes.CopyTo(_curvature, 0);
        _curvature[_n] = cost[0];
    }

    private void Spread(double[] exponents)
    {
        exponents.AsSpan(0, _n).CopyTo(_columns);
        for (int i = 0; i < _rows.Length; i++)
        {
            _rows[i] = exponents[_rowUnits[i].First] + (_rowUnits[i].Weight * exponents[_rowUnits[i].Second]);
        }
    }

    private void Gather(double[] rows, double[] exponents, bool isSquared)
    {
        Array.Clear(exponents);
        for (int i = 0; i < rows.Length; i++)
        {
            RowUnit unit = _rowUnits[i];
            exponents[unit.First] += rows[i];
            exponents[unit.Second] += rows[i] * (isSquared ? Math.Abs(unit.Weight) : unit.Weight);
        }
    }
}
