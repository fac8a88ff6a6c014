using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Units;

/// <summary>The exponents of units in which the nonzero entries of P, q, A and b are about one: a weighted least squares fit of their logarithms.</summary>
internal sealed class LogarithmicFit
{
    // Entries far from one, which may be rounding or stand for infinity, count little after the first pass.
    private const int Passes = 5;
    private const int MaximumSteps = 100;
    private const double Precision = 1e-2;

    // In a direction that no term depends on, a residual of rounding alone would be followed without end.
    private const double Negligible = 1e-16;

    private const double OrdinaryMisfit = 8;

    // Costs that are small beside squares where constraints say how large a solution is matter to neither: a compromise with them would put it far from one.
    private const double OrdinaryMisfitOfSmallCosts = 1;

    // A number that is added to what a logarithm is taken of, as in log(1 + w), says nothing of units but where it is the larger of both.
    private const double ImportanceOfOffsets = 1e-8;

    // A limit beyond the solution, and a requirement below it, say nothing of its size; the smallest limit and the largest requirement do, which may be far from one too.
    private const double ImportanceOfLimits = 1e-4;
    private const double ImportanceOfLooseLimits = 1e-8;

    private readonly int _n;
    private readonly RowUnit[] _rowUnits;
    private readonly LogarithmicTerms _quadratic;
    private readonly LogarithmicTerms _cost;
    private readonly LogarithmicTerms _matrix;
    private readonly LogarithmicTerms _side;
    private readonly int[] _signs;
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
    private readonly double[] _size;
    private readonly double[] _sizeImage;

    /// <param name="problem">The program, of which the sizes are read.</param>
    /// <param name="structure">Where P and A have entries, or null for everywhere.</param>
    /// <param name="rowUnits">The units that each row has; looked at with every fit.</param>
    /// <param name="count">Number of exponents.</param>
    public LogarithmicFit(ConeProblem problem, SparseStructure? structure, RowUnit[] rowUnits, int count)
    {
        (_n, int m, _rowUnits) = (problem.Variables, problem.Constraints, rowUnits);
        (_quadratic, _cost) = (new LogarithmicTerms(problem.P is null ? 0 : _n, _n, structure?.P), new LogarithmicTerms(1, _n));
        (_matrix, _side) = (new LogarithmicTerms(m, _n, structure?.A), new LogarithmicTerms(1, m));
        (_quadraticRows, _quadraticSlopes) = (new double[_n], new double[_n]);
        (_columns, _columnSlopes, _rows, _rowSlopes) = (new double[_n], new double[_n], new double[m], new double[m]);
        _signs = new int[m];
        (_exponents, _change, _residual, _direction, _image, _curvature) =
            (new double[count], new double[count], new double[count], new double[count], new double[count], new double[count]);
        (_size, _sizeImage) = (new double[count], new double[count]);
        _size.AsSpan(0, _n).Fill(1);
        _size[_n] = -1;
    }

    /// <summary>Places of b in inequalities.</summary>
    public List<int> Limits { get; } = [];

    /// <summary>Places of b whose numbers are added to others inside of logarithms.</summary>
    public List<int> Offsets { get; } = [];

    /// <summary>Takes the entries of a program.</summary>
    public void Take(RowMatrix p, ReadOnlySpan<double> q, RowMatrix a, ReadOnlySpan<double> b)
    {
        _quadratic.Take(p);
        _cost.Take(q);
        _matrix.Take(a);
        _side.Take(b);
        for (int i = 0; i < b.Length; i++)
        {
            _signs[i] = Math.Sign(b[i]);
        }
    }

    /// <summary>The exponents of variables, of costs, and of the units of rows; they live until the next call.</summary>
    public double[] Find()
    {
        Array.Clear(_exponents);
        for (int pass = 0; pass < Passes; pass++)
        {
            Spread(_exponents);
            (double spread, double spreadOfSmallCosts) = pass == 0 ? (double.PositiveInfinity, double.PositiveInfinity) : (OrdinaryMisfit, OrdinaryMisfitOfSmallCosts);
            _quadratic.Weigh(_columns, _columns, _exponents[_n], spread, spread);
            _cost.Weigh([_exponents[_n]], _columns, 0, spread, spreadOfSmallCosts);
            _matrix.Weigh(_rows, _columns, 0, spread, spread);
            foreach (int offset in Offsets)
            {
                _side.SetImportance(offset, pass > 0 && _side.Misfit(offset, _rows[offset]) >= 0 ? 1 : ImportanceOfOffsets);
            }

            WeighLimits(pass > 0);
            _side.Weigh([0], _rows, 0, spread, spread);
            Step();
        }

        return _exponents;
    }

    private void WeighLimits(bool isFitted)
    {
        double smallest = double.PositiveInfinity, largest = double.NegativeInfinity;
        foreach (int limit in Limits)
        {
            double misfit = _side.Misfit(limit, _rows[limit]);
            (smallest, largest) = _signs[limit] switch
            {
                > 0 => (Math.Min(smallest, misfit), largest),
                < 0 => (smallest, Math.Max(largest, misfit)),
                _ => (smallest, largest),
            };
        }

        (smallest, largest) = (Math.Max(smallest, 0), Math.Min(largest, 0));
        foreach (int limit in Limits)
        {
            double misfit = _side.Misfit(limit, _rows[limit]);
            bool isLoose = isFitted && (_signs[limit] > 0 ? misfit > smallest : misfit < largest);
            _side.SetImportance(limit, isLoose ? ImportanceOfLooseLimits : ImportanceOfLimits);
        }
    }

    // Conjugate gradients on the normal equations, with their diagonal and the direction along which the solution as a whole is larger: only limits, which count little, say how large, and the diagonal alone
    // would take what they say for rounding.
    private void Step()
    {
        Slope(_exponents, isFit: true, _residual);
        DenseVector.Scale(_residual, -1);
        Diagonal();
        double curvatureOfSize = MeasureSize();
        Array.Clear(_change);
        Array.Clear(_direction);
        double last = 0, first = 0;
        for (int i = 0; i < MaximumSteps; i++)
        {
            double ofSize = curvatureOfSize > 0 ? DenseVector.Dot(_size, _residual) / curvatureOfSize : 0, now = 0;
            for (int k = 0; k < _residual.Length; k++)
            {
                _image[k] = (_curvature[k] > 0 ? _residual[k] / _curvature[k] : 0) + (ofSize * _size[k]);
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

    // Of the direction in which variables have larger units, and rows and costs smaller ones.
    private double MeasureSize()
    {
        foreach (RowUnit unit in _rowUnits)
        {
            _size[unit.First] = -1;
        }

        Slope(_size, isFit: false, _sizeImage);
        return DenseVector.Dot(_size, _sizeImage);
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
