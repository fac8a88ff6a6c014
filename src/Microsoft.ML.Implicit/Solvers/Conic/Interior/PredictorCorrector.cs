using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>Mehrotra's predictor and corrector on the embedding (Goulart and Chen, 2024, section 4): one factorisation and three systems a step.</summary>
internal sealed class PredictorCorrector
{
    private const double StepFraction = 0.99;
    private const double ShortestStep = 1e-7;

    private readonly ScaledProgram _program;
    private readonly ConeBlock[] _blocks;
    private readonly KktSystem _system;
    private readonly EmbeddingResiduals _residuals;
    private readonly ConePoint _point;
    private readonly ConePoint _trial;
    private readonly ConePoint _affine;
    private readonly ConePoint _step;
    private readonly ConePoint _constant;
    private readonly double[] _first;
    private readonly double[] _second;
    private readonly double[] _negatedCost;
    private readonly double[] _constantDifference;
    private readonly double[] _target;
    private readonly int _degree;
    private double _precision;
    private double _constantCurvature;

    /// <param name="program">The program.</param>
    /// <param name="blocks">Its cones.</param>
    /// <param name="system">Its system.</param>
    /// <param name="residuals">Those of the point.</param>
    /// <param name="point">The point that is moved.</param>
    public PredictorCorrector(ScaledProgram program, ConeBlock[] blocks, KktSystem system, EmbeddingResiduals residuals, ConePoint point)
    {
        (_program, _blocks, _system, _residuals, _point) = (program, blocks, system, residuals, point);
        (int n, int m) = (program.Q.Length, program.B.Length);
        (_trial, _affine, _step, _constant) = (new ConePoint(n, m), new ConePoint(n, m), new ConePoint(n, m), new ConePoint(n, m));
        (_first, _negatedCost, _constantDifference) = (new double[n], new double[n], new double[n]);
        (_second, _target) = (new double[m], new double[m]);
        _degree = blocks.Sum(block => block.Degree) + 1;
    }

    /// <summary>μ of the point.</summary>
    public double Mu => MuOf(_point);

    /// <summary>Takes the costs of a program that was loaded.</summary>
    public void TakeCosts()
    {
        _program.Q.CopyTo(_negatedCost, 0);
        DenseVector.Scale(_negatedCost, -1);
    }

    /// <summary>Takes the scaling at the point.</summary>
    /// <returns>Whether rounding left it inside.</returns>
    public bool TryScale(double mu)
    {
        foreach (ConeBlock block in _blocks)
        {
            if (!block.TryScale(block.Of(_point.S), block.Of(_point.Z), mu))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Moves the point, where its residuals, its scaling and the factorisation were taken.</summary>
    /// <param name="mu">μ of the point.</param>
    /// <param name="precision">How exact directions are, relative to right-hand sides.</param>
    /// <returns>Whether there was room for a step.</returns>
    public bool TryStep(double mu, double precision)
    {
        _precision = precision;
        _system.Solve(_negatedCost, _program.B, _constant.X, _constant.Z, _constant.S, precision);
        _constantCurvature = CurvatureOfConstant();
        _point.S.CopyTo(_target, 0);
        Direct(_affine, 0, _point.Tau * _point.Kappa);
        double left = 1 - LongestStep(_affine, 1), sigma = left * left * left;
        _point.S.CopyTo(_target, 0);
        foreach (ConeBlock block in _blocks)
        {
            block.Correct(block.Of(_affine.S), block.Of(_affine.Z), sigma * mu, block.Of(_target));
        }

        Direct(_step, sigma, (_point.Tau * _point.Kappa) + (_affine.Tau * _affine.Kappa) - (sigma * mu));
        double step = StepFraction * LongestStep(_step, 1 / StepFraction);
        while (!IsNearPath(step))
        {
            step *= 0.8;
            if (!(step > ShortestStep))
            {
                return false;
            }
        }

        _point.Add(step, _step);
        return step > ShortestStep;
    }

    private double MuOf(ConePoint point) => (DenseVector.Dot(point.S, point.Z) + (point.Tau * point.Kappa)) / _degree;

    private bool IsNearPath(double step)
    {
        _point.CopyTo(_trial);
        _trial.Add(step, _step);
        double mu = MuOf(_trial);
        if (!(mu > 0))
        {
            return false;
        }

        foreach (ConeBlock block in _blocks)
        {
            if (!block.IsNearPath(block.Of(_trial.S), block.Of(_trial.Z), mu))
            {
                return false;
            }
        }

        return true;
    }

    // Newton's direction that leaves sigma times the residuals and has −ds − H dz = target, −κ dτ − τ dκ = pairTarget.
    private void Direct(ConePoint direction, double sigma, double pairTarget)
    {
        double tau = _point.Tau, reduction = 1 - sigma;
        for (int i = 0; i < _first.Length; i++)
        {
            _first[i] = -reduction * _residuals.Dual[i];
        }

        for (int i = 0; i < _second.Length; i++)
        {
            _second[i] = _target[i] - (reduction * _residuals.Primal[i]);
        }

        _system.Solve(_first, _second, direction.X, direction.Z, direction.S, _precision);
        double denominator = (_point.Kappa / tau) + _constantCurvature;
        double numerator = (reduction * _residuals.Tau) - (pairTarget / tau)
            + DenseVector.Dot(_program.Q, direction.X) + (2 / tau * DenseVector.Dot(_residuals.Px, direction.X)) + DenseVector.Dot(_program.B, direction.Z);
        direction.Tau = numerator / denominator;
        direction.Kappa = -(pairTarget + (_point.Kappa * direction.Tau)) / tau;
        DenseVector.AddScaled(direction.X, direction.Tau, _constant.X);
        DenseVector.AddScaled(direction.Z, direction.Tau, _constant.Z);
        DenseVector.AddScaled(direction.S, direction.Tau, _constant.S);
        DenseVector.AddScaled(direction.S, -1, _target);
    }

    // ‖x₂ − x / τ‖² − ‖x₂‖² in the norm of P, less the costs of (x₂, z₂).
    private double CurvatureOfConstant()
    {
        _constant.X.CopyTo(_constantDifference, 0);
        DenseVector.AddScaled(_constantDifference, -1 / _point.Tau, _point.X);
        double change = _program.Curvature(_constantDifference) - _program.Curvature(_constant.X);
        return change - DenseVector.Dot(_program.Q, _constant.X) - DenseVector.Dot(_program.B, _constant.Z);
    }

    private double LongestStep(ConePoint direction, double limit)
    {
        limit = direction.Tau < 0 ? Math.Min(limit, -_point.Tau / direction.Tau) : limit;
        limit = direction.Kappa < 0 ? Math.Min(limit, -_point.Kappa / direction.Kappa) : limit;
        foreach (ConeBlock block in _blocks)
        {
            limit = block.LongestStep(block.Of(_point.S), block.Of(direction.S), block.Of(_point.Z), block.Of(direction.Z), limit);
        }

        return limit;
    }
}
