using Microsoft.ML.Implicit.Solvers.Conic.Blocks;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>
/// What a point leaves of Px + Aᵀz + qτ = 0, Ax + s − bτ = 0 and κ + qᵀx + bᵀz + xᵀPx / τ = 0 (Goulart and Chen, 2024, section 3), and what that says about the program.
/// </summary>
/// <param name="program">The program.</param>
/// <param name="blocks">Its cones.</param>
internal sealed class EmbeddingResiduals(ScaledProgram program, ConeBlock[] blocks)
{
    // In scaled units: what the objective may be small against and still have its gap measured relative to it.
    private const double SmallestObjective = 1e-2;

    private readonly bool _fixesUnits = blocks.Any(block => block.FixesUnits);
    private readonly double[] _product = new double[program.B.Length];
    private readonly double[] _dualProduct = new double[program.Q.Length];
    private double _qx;
    private double _bz;
    private double _xPx;
    private double _tau;
    private double _primal;
    private double _dualScale;
    private double _dualProductNorm;
    private double _quadraticNorm;
    private double _slackedProductNorm;

    private double ObjectiveFloor => _fixesUnits ? Math.Min(SmallestObjective, 1 / (program.SolutionScale * program.NormalCostScale)) : SmallestObjective;

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
        program.A.AddTransposedProduct(point.Z, _dualProduct);
        for (int i = 0; i < Dual.Length; i++)
        {
            Dual[i] = Px[i] + _dualProduct[i] + (program.Q[i] * _tau);
        }

        program.A.Multiply(point.X, _product);
        _product.CopyTo(Primal, 0);
        DenseVector.AddScaled(Primal, 1, point.S);
        _slackedProductNorm = DenseVector.MaximumMagnitude(Primal);
        DenseVector.AddScaled(Primal, -_tau, program.B);
        _quadraticNorm = DenseVector.MaximumMagnitude(Px);
        _dualProductNorm = DenseVector.MaximumMagnitude(_dualProduct);
        _primal = 0;
        foreach (ConeBlock block in blocks)
        {
            // NaN passes through.
            _primal = Math.Max(_primal, block.RelativeResidual(block.Of(Primal), block.Of(_product), block.Of(point.S), Unit(block)));
        }

        _dualScale = Math.Max(_tau, Math.Max(_quadraticNorm, _dualProductNorm));
        (_qx, _bz, _xPx) = (DenseVector.Dot(program.Q, point.X), DenseVector.Dot(program.B, point.Z), DenseVector.Dot(point.X, Px));
        Tau = point.Kappa + _qx + _bz + (_xPx / _tau);
    }

    public ConeOutcome Measure(SolveStatus status, int iterations, double mu)
    {
        double quadratic = _xPx / (_tau * _tau), primal = (quadratic / 2) + (_qx / _tau), dual = (-quadratic / 2) - (_bz / _tau);
        double gap = Math.Abs(primal - dual) / Math.Max(ObjectiveFloor, Math.Max(Math.Abs(primal), Math.Abs(dual)));
        return new ConeOutcome(
            status, iterations, _primal, DenseVector.MaximumMagnitude(Dual) / _dualScale, gap, mu / (_tau * _tau));
    }

    // Beside which terms are small: one in scaled units, or in the program's own where its cones fix them.
    private double Unit(ConeBlock block) => block.FixesUnits ? _tau * Math.Min(1, program.E[block.Start] / program.SolutionScale) : _tau;

    /// <summary>How far z is from proving that no point satisfies the constraints: Aᵀz = 0 and bᵀz = −1.</summary>
    public double DistanceFromInfeasibility => _bz < 0 ? _dualProductNorm / -_bz : double.PositiveInfinity;

    /// <summary>How far x is from a direction along which the objective falls without limit: Px = 0, Ax + s = 0 and qᵀx = −1.</summary>
    public double DistanceFromUnboundedness => _qx < 0 ? Math.Max(_quadraticNorm, _slackedProductNorm) / -_qx : double.PositiveInfinity;
}
