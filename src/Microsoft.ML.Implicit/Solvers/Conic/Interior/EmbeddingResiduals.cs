using Microsoft.ML.Implicit.Solvers.Conic.Blocks;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>
/// What a point leaves of Px + Aᵀz + qτ = 0, Ax + s − bτ = 0 and κ + qᵀx + bᵀz + xᵀPx / τ = 0 (Goulart and Chen, 2024, section 3), and what that says about the program.
/// </summary>
/// <param name="program">The program.</param>
/// <param name="blocks">Its cones.</param>
internal sealed class EmbeddingResiduals(ScaledProgram program, ConeBlock[] blocks)
{
    // What an objective may be beside the terms that it is made of, of which one in scaled units counts at most, and beside the smallest cost, and still have its gap measured relative to it.
    private const double SmallestBesideTerms = 1e-4;
    private const double SmallestBesideCost = 1e-2;

    // In scaled units, for a point that is zero; and what a right-hand side may be beside the point before it is taken for rounding.
    private const double SmallestSize = 1e-6;
    private const double SmallestBesideSize = 1e-9;

    // Beside the terms of a sum.
    private const double Rounding = 1e-14;

    private readonly bool _fixesUnits = blocks.Any(block => block.FixesUnits);
    private readonly double[] _product = new double[program.B.Length];
    private readonly double[] _dualProduct = new double[program.Q.Length];
    private readonly double[] _slacked = new double[program.B.Length];
    private readonly double[] _negligible = new double[program.B.Length];
    private readonly double[] _rowTerms = new double[program.B.Length];
    private readonly double[] _columnTerms = new double[program.Q.Length];
    private double _qx;
    private double _bz;
    private double _xPx;
    private double _tau;
    private double _primal;
    private double _dualProductNorm;
    private double _quadraticNorm;
    private double _slackedProductNorm;

    // Where all terms vanish, as of a norm that is zero at the optimum, the smallest cost says what is little: a larger one may stand for "never".
    private double ObjectiveFloor =>
        _fixesUnits ? Math.Min(SmallestBesideCost * program.SmallestCost, 1 / (program.SolutionScale * program.NormalCostScale)) : SmallestBesideCost * program.SmallestCost;

    public double[] Dual { get; } = new double[program.Q.Length];

    public double[] Primal { get; } = new double[program.B.Length];

    public double Tau { get; private set; }

    /// <summary>P̄x.</summary>
    public double[] Px { get; } = new double[program.Q.Length];

    public void Update(ConePoint point)
    {
        _tau = point.Tau;
        program.Multiply(point.X, Px);
        Array.Clear(_dualProduct);
        program.A.MultiplyBoth(point.X, _product, point.Z, _dualProduct);
        for (int i = 0; i < Dual.Length; i++)
        {
            Dual[i] = Px[i] + _dualProduct[i] + (program.Q[i] * _tau);
        }

        _product.CopyTo(Primal, 0);
        DenseVector.AddScaled(Primal, 1, point.S);
        _slackedProductNorm = DenseVector.MaximumMagnitude(Primal);
        DenseVector.AddScaled(Primal, -_tau, program.B);
        _quadraticNorm = DenseVector.MaximumMagnitude(Px);
        _dualProductNorm = DenseVector.MaximumMagnitude(_dualProduct);
        SetNegligible(point);
        _primal = 0;
        foreach (ConeBlock block in blocks)
        {
            // NaN passes through.
            _primal = Math.Max(_primal, block.RelativeResidual(block.Of(Primal), block.Of(_product), block.Of(point.S), block.Of(_negligible)));
        }

        (_qx, _bz, _xPx) = (DenseVector.Dot(program.Q, point.X), DenseVector.Dot(program.B, point.Z), DenseVector.Dot(point.X, Px));
        Tau = point.Kappa + _qx + _bz + (_xPx / _tau);
    }

    /// <summary>Measures the point that residuals were taken at.</summary>
    public ConeOutcome Measure(ConePoint point, SolveStatus status, int iterations, double mu)
    {
        double square = _tau * _tau, quadratic = _xPx / square, primal = (quadratic / 2) + (_qx / _tau), dual = (-quadratic / 2) - (_bz / _tau);
        double terms = Math.Min(ObjectiveTerms(point) / square, 1);
        double gap = Math.Abs(primal - dual) / Math.Max(Math.Max(ObjectiveFloor, SmallestBesideTerms * terms), Math.Max(Math.Abs(primal), Math.Abs(dual)));
        return new ConeOutcome(status, iterations, _primal, StationarityResidual(point, Math.Max(terms, program.SmallestCost)), gap, mu / square);
    }

    // Row by row, beside the row's terms: a large cost must not hide what is left of the others. Where all terms of a row vanish, what counts is how much the objective can change by it.
    private double StationarityResidual(ConePoint point, double objective)
    {
        double largest = 0;
        for (int i = 0; i < Dual.Length; i++)
        {
            double floor = _tau * objective / Math.Max(program.Reach[i], Math.Abs(point.X[i]) / _tau);
            largest = Math.Max(largest, Math.Abs(Dual[i]) / Math.Max(floor, StationarityTerm(i)));
        }

        return largest;
    }

    private double StationarityTerm(int i) => Math.Max(Math.Abs(program.Q[i]) * _tau, Math.Max(Math.Abs(Px[i]), Math.Abs(_dualProduct[i])));

    // Of the primal alone: where penalties are large multipliers may be large on both sides of a constraint, and say nothing of how large the objective is.
    private double ObjectiveTerms(ConePoint point)
    {
        double sum = 0;
        for (int i = 0; i < Dual.Length; i++)
        {
            sum += Math.Abs(point.X[i]) * Math.Max(Math.Abs(program.Q[i]) * _tau, Math.Abs(Px[i]));
        }

        return sum;
    }

    // Beside what terms of a constraint are small: its right-hand side, or, where it has none, what the point is as a whole.
    private void SetNegligible(ConePoint point)
    {
        double size = Math.Clamp(DenseVector.MaximumMagnitude(point.X), SmallestSize * _tau, _tau);
        foreach (ConeBlock block in blocks)
        {
            double largest = block.HasOneUnit ? DenseVector.MaximumMagnitude(block.Of(program.B)) : 0;
            for (int i = block.Start; i < block.Start + block.Dimension; i++)
            {
                double side = Math.Max(Math.Abs(program.B[i]), largest);
                _negligible[i] = side > 0 ? Math.Max(side * _tau, SmallestBesideSize * size) : Math.Min(size, program.OwnUnits[i] * _tau);
            }
        }
    }

    /// <summary>How far z is from proving that no point satisfies the constraints: Aᵀz = 0 and bᵀz = −1.</summary>
    public double DistanceFromInfeasibility => _bz < 0 ? _dualProductNorm / -_bz : double.PositiveInfinity;

    /// <summary>How far x is from a direction along which the objective falls without limit: Px = 0, Ax + s = 0 and qᵀx = −1.</summary>
    public double DistanceFromUnboundedness => _qx < 0 ? Math.Max(_quadraticNorm, _slackedProductNorm) / -_qx : double.PositiveInfinity;

    /// <summary>
    /// Whether the point that residuals were taken at proves that no point satisfies the constraints, where bᵀz = −1: what must be zero is at most the tolerance, or the rounding of its terms, which are
    /// large where constraints contradict each other by little. Beyond rounding a tolerance beside terms would prove too much: it takes constraints that meet far away to be parallel.
    /// </summary>
    public bool ProvesInfeasibility(ConePoint point, double tolerance)
    {
        Array.Clear(_columnTerms);
        program.A.AddTransposedMagnitudes(point.Z, _columnTerms);
        double zero = tolerance * -_bz;
        return -_bz > Rounding * SumOfMagnitudes(program.B, point.Z) && IsZero(_dualProduct, _columnTerms, HasExponentials(point, zero) ? 0 : zero);
    }

    // An exponential exceeds any number: a certificate that needs its curve must hold but for rounding. Where the first multiplier is zero it needs only the signs of the other two.
    private bool HasExponentials(ConePoint point, double negligible)
    {
        foreach (ConeBlock block in blocks)
        {
            if (block.FixesUnits && Math.Abs(point.Z[block.Start]) > negligible)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the point proves in the same way that the objective falls without limit.</summary>
    public bool ProvesUnboundedness(ConePoint point, double tolerance)
    {
        program.P.MultiplyMagnitudes(point.X, _columnTerms);
        program.A.MultiplyMagnitudes(point.X, _rowTerms);
        for (int i = 0; i < _rowTerms.Length; i++)
        {
            _slacked[i] = _product[i] + point.S[i];
        }

        return -_qx > Rounding * SumOfMagnitudes(program.Q, point.X)
            && IsZero(Px, _columnTerms, tolerance * -_qx)
            && IsZero(_slacked, _rowTerms, tolerance * -_qx);
    }

    private static double SumOfMagnitudes(double[] x, double[] y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += Math.Abs(x[i] * y[i]);
        }

        return sum;
    }

    private static bool IsZero(double[] sums, double[] terms, double tolerance)
    {
        for (int i = 0; i < sums.Length; i++)
        {
            if (!(Math.Abs(sums[i]) <= Math.Max(tolerance, Rounding * terms[i])))
            {
                return false;
            }
        }

        return true;
    }
}
