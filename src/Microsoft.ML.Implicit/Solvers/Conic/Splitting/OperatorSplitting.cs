using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Splitting;

/// <summary>
/// The alternating direction method of multipliers for cone programs with quadratic objectives (Stellato and others, 2020, "OSQP"; Garstka, Cannon and Goulart, 2021, "COSMO"):
/// a system with one matrix, then a projection onto the cones. Where a program has no solution, successive differences of its iterates approach a certificate (Banjac and
/// others, 2019). Its iterates are accelerated, and what they come to is polished by Newton's method on the optimality conditions.
/// </summary>
internal sealed class OperatorSplitting : IConeMethod
{
    // How far a step goes beyond the point that a system gives.
    private const double Relaxation = 1.6;

    private const double FirstPenalty = 0.1;
    private const double SmallestPenalty = 1e-6;
    private const double LargestPenalty = 1e6;

    // Primal and dual residuals that differ by more than this change the penalty, and with it the matrix.
    private const double LargestImbalance = 5;

    private const int IterationsBetweenChecks = 20;
    private const int IterationsBetweenExtrapolations = 5;
    private const int ChecksBetweenPenalties = 5;

    // From where on polishing may find a solution, and what residuals must have fallen by to try it again.
    private const double PolishableResidual = 1e-4;
    private const double Progress = 0.1;

    private readonly ConeOptions _options;
    private readonly ScaledProgram _program;
    private readonly ConeBlock[] _blocks;
    private readonly KktSystem _system;
    private readonly EmbeddingResiduals _residuals;
    private readonly Polishing _polishing;
    private readonly ConeProjection _projection;
    private readonly NearestProof _proof;
    private readonly AndersonAcceleration _acceleration;
    private readonly ConePoint _point;
    private readonly ConePoint _difference;
    private readonly bool[] _isEquality;
    private readonly double[] _first;
    private readonly double[] _second;
    private readonly double[] _x;
    private readonly double[] _multipliers;
    private readonly double[] _dual;
    private readonly double[] _state;
    private readonly int _degree;
    private double _penalty;

    public OperatorSplitting(IReadOnlyList<Cone> cones, ConeWorkspace workspace, ConeOptions options)
    {
        (_options, _program, _blocks, _system) = (options, workspace.Program, workspace.Blocks, workspace.System);
        (int n, int m) = (_program.Q.Length, _program.B.Length);
        _residuals = new EmbeddingResiduals(_program, _blocks);
        _polishing = new Polishing(_program, _blocks, _system, _residuals);
        _projection = new ConeProjection(cones);
        _proof = new NearestProof(_residuals, n, m);
        (_point, _difference, Best) = (new ConePoint(n, m), new ConePoint(n, m), new ConePoint(n, m));
        _isEquality = new bool[m];
        foreach (ConeBlock block in _blocks.Where(block => block is ZeroBlock))
        {
            _isEquality.AsSpan(block.Start, block.Dimension).Fill(true);
        }

        (_first, _x, _second, _multipliers, _dual) = (new double[n], new double[n], new double[m], new double[m], new double[m]);
        (_state, _acceleration) = (new double[n + m], new AndersonAcceleration(n + m));
        _degree = Math.Max(_blocks.Sum(block => block.Degree), 1);
    }

    public ConePoint Best { get; }

    public ConePoint Proof => _proof.Point;

    public ConeOutcome Solve(ConePoint? start, CancellationToken cancellation)
    {
        SetStart(start);
        _proof.Reset();
        _acceleration.Reset();
        _penalty = FirstPenalty;
        ConeOutcome best = Measure(0);
        _point.CopyTo(Best);
        double polished = double.PositiveInfinity;
        bool isFactored = false;
        for (int iteration = 1; iteration <= _options.IterationLimit; iteration++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!isFactored && !TryFactor())
            {
                return Finish(best, SolveStatus.Diverged, iteration);
            }

            isFactored = true;

            // Not where iterates are checked: a difference that proves something is that of two steps.
            Step(iteration % IterationsBetweenExtrapolations == 1);
            if (iteration % IterationsBetweenChecks != 0 && iteration < _options.IterationLimit)
            {
                continue;
            }

            ConeOutcome now = Measure(iteration);
            double imbalance = now.Primal / Math.Max(now.Dual, double.Epsilon);
            if (!double.IsFinite(now.Worst))
            {
                return Finish(best, SolveStatus.Diverged, iteration);
            }

            if (now.Worst < best.Worst)
            {
                best = now;
                _point.CopyTo(Best);
            }

            if (best.Worst <= PolishableResidual && best.Worst <= Progress * polished)
            {
                polished = best.Worst;
                best = _polishing.Run(Best, best);
                isFactored = false;
            }

            if (best.Worst <= _options.Tolerance)
            {
                return best;
            }

            if (TryProve() is { } proved)
            {
                return now with { Status = proved };
            }

            if (iteration % (IterationsBetweenChecks * ChecksBetweenPenalties) == 0 && (imbalance > LargestImbalance || imbalance < 1 / LargestImbalance))
            {
                _penalty = Math.Clamp(_penalty * Math.Sqrt(imbalance), SmallestPenalty, LargestPenalty);
                _acceleration.Reset();
                isFactored = false;
            }
        }

        return Finish(best, SolveStatus.MaximumIterations, _options.IterationLimit);
    }

    private void SetStart(ConePoint? start)
    {
        if (start is null)
        {
            Array.Clear(_point.X);
            Array.Clear(_point.S);
            Array.Clear(_point.Z);
        }
        else
        {
            start.CopyTo(_point);
        }

        (_point.Tau, _point.Kappa) = (1, 0);
        (_difference.Tau, _difference.Kappa) = (1, 0);
    }

    private bool TryFactor()
    {
        foreach (ConeBlock block in _blocks)
        {
            block.ScaleUniformly(1 / _penalty);
        }

        return _system.TryFactor();
    }

    // The system's δ on the diagonal of P is the weight of a proximal term, and that on the diagonal of H a part of the penalty.
    private void Step(bool extrapolates)
    {
        double weight = (1 / _penalty) + ConeBlock.Regularisation;
        for (int i = 0; i < _first.Length; i++)
        {
            _first[i] = (ConeBlock.Regularisation * _point.X[i]) - _program.Q[i];
        }

        for (int i = 0; i < _second.Length; i++)
        {
            _second[i] = _program.B[i] - (_isEquality[i] ? ConeBlock.Regularisation * _point.Z[i] : _point.S[i] + (weight * _point.Z[i]));
        }

        _system.SolveRegularised(_first, _second, _x, _multipliers);
        for (int i = 0; i < _x.Length; i++)
        {
            _difference.X[i] = Relaxation * (_x[i] - _point.X[i]);
        }

        for (int i = 0; i < _multipliers.Length; i++)
        {
            _difference.S[i] = _point.S[i];
            _difference.Z[i] = _point.Z[i];
            double change = Relaxation * (_multipliers[i] - _point.Z[i]);

            // What is projected: s − z with the multipliers in the units of slacks.
            _point.S[i] -= weight * (change + _point.Z[i]);
            _dual[i] = _point.Z[i] + change;
        }

        DenseVector.AddScaled(_point.X, 1, _difference.X);
        Accelerate(extrapolates);
        _projection.Split(_point.S, _point.Z);
        for (int i = 0; i < _multipliers.Length; i++)
        {
            _point.Z[i] = _isEquality[i] ? _dual[i] : _point.Z[i] / weight;
            _difference.S[i] = _point.S[i] - _difference.S[i];
            _difference.Z[i] = _point.Z[i] - _difference.Z[i];
        }
    }

    // The state of the iteration is x and what is projected, of equalities their multipliers.
    private void Accelerate(bool extrapolates)
    {
        Span<double> x = _state.AsSpan(0, _point.X.Length), rest = _state.AsSpan(_point.X.Length);
        _point.X.CopyTo(x);
        for (int i = 0; i < rest.Length; i++)
        {
            rest[i] = _isEquality[i] ? _dual[i] : _point.S[i];
        }

        if (!_acceleration.Advance(_state, extrapolates))
        {
            return;
        }

        x.CopyTo(_point.X);
        for (int i = 0; i < rest.Length; i++)
        {
            (_isEquality[i] ? _dual : _point.S)[i] = rest[i];
        }
    }

    private ConeOutcome Measure(int iteration)
    {
        _residuals.Update(_point);
        return _residuals.Measure(_point, SolveStatus.Converged, iteration, Math.Max(DenseVector.Dot(_point.S, _point.Z), 0) / _degree);
    }

    // A difference of iterates proves something where it is in the cones, which its projection is.
    private SolveStatus? TryProve()
    {
        for (int i = 0; i < _second.Length; i++)
        {
            _second[i] = _isEquality[i] ? 0 : -_difference.Z[i];
            _dual[i] = _difference.Z[i];
        }

        _projection.Split(_second, _multipliers);
        for (int i = 0; i < _multipliers.Length; i++)
        {
            _difference.Z[i] = _isEquality[i] ? _dual[i] : _multipliers[i];
        }

        _program.A.Multiply(_difference.X, _difference.S);
        DenseVector.Scale(_difference.S, -1);
        _projection.Split(_difference.S, _multipliers);
        _residuals.Update(_difference);
        return _proof.Update(_difference, _options.CertificateTolerance);
    }

    private ConeOutcome Finish(ConeOutcome best, SolveStatus failure, int iterations)
    {
        best = best with { Iterations = iterations };
        return best.Worst <= _options.AcceptableTolerance ? best : _proof.Conclude(best with { Status = failure });
    }
}
