using System.Runtime.CompilerServices;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;

/// <summary>Steps of Mehrotra's method (1992): a predictor and a corrector from one factorisation.</summary>
internal sealed unsafe class PredictorCorrector
{
    // Fraction of the distance to the boundary that a step may go: 1 - μ, but never so close that rounding takes it across.
    private const double SmallestFraction = 0.995;
    private const double LargestFraction = 1 - 1e-10;

    // A step that meets the boundary before this is replaced by a cautious one: more centring, which takes on less of the residuals.
    private const double ShortBoundary = 0.1;
    private const double CautiousCentring = 0.8;

    // Share of the mean below which no product of a slack and its multiplier stays: from nearer to the boundary the next steps would be short.
    private const double SmallestProduct = 0.1;

    private readonly ConstraintLayout _layout;
    private readonly DenseResiduals _residuals;
    private readonly DenseNewton _newton;
    private readonly PinnedBuffer _buffer;
    private readonly double* _complementarity;
    private readonly DenseIterate _affine;
    private readonly DenseIterate _step;

    public PredictorCorrector(ConstraintLayout layout, DenseResiduals residuals, DenseNewton newton)
    {
        _layout = layout;
        _residuals = residuals;
        _newton = newton;
        _buffer = new PinnedBuffer(layout.Length);
        _complementarity = _buffer.Take(layout.Length);
        _affine = new DenseIterate(layout);
        _step = new DenseIterate(layout);
    }

    /// <summary>The last step.</summary>
    public DenseIterate Step => _step;

    /// <summary>What the last step leaves of the system that it solves, see <see cref="DenseNewton.Solve"/>.</summary>
    public double StepResidual { get; private set; }

    /// <summary>Finds a step by one predictor and corrector.</summary>
    /// <param name="row">The row's data.</param>
    /// <param name="current">The iterate, of which residuals and factors are.</param>
    /// <param name="accuracy">What the step may leave of the system that it solves before it is refined.</param>
    /// <returns>The length to go.</returns>
    public double FindStep(DenseRow row, DenseIterate current, double accuracy)
    {
        Vectors.Multiply(current.S, current.Lambda, 1, _complementarity, _layout.Length);
        if (row.ActiveCount == 0)
        {
            StepResidual = _newton.Solve(row, _residuals, 1, _complementarity, accuracy, _step);
            return 1;
        }

        double mu = _residuals.Mu;
        _newton.Solve(row, _residuals, 1, _complementarity, double.PositiveInfinity, _affine);
        double affineLength = current.StepToBoundary(_affine);
        double affineMu = AffineComplementarity(current, affineLength) / row.ActiveCount;
        double ratio = Math.Clamp(affineMu / mu, 0, 1);
        double centring = ratio * ratio * ratio;
        double boundary = Correct(row, current, centring, 1, 1, accuracy);
        double length = Length(boundary, mu);
        bool guarded = Math.Max(_residuals.Relative.Primal, _residuals.Relative.Dual) < _residuals.Relative.Gap;
        if (boundary < ShortBoundary || (guarded && length > LongestDescent(current)))
        {
            centring = Math.Max(centring, CautiousCentring);
            boundary = Correct(row, current, centring, affineLength * affineLength, 1 - centring, accuracy);
            length = guarded ? Math.Min(Length(boundary, mu), LongestDescent(current)) : Length(boundary, mu);
        }

        return length;
    }

    /// <summary>Moves an iterate along the step.</summary>
    public void TakeStep(DenseRow row, DenseIterate current, double length)
    {
        current.Advance(_step, length);
        if (row.ActiveCount > 0)
        {
            Centre(row, current);
        }
    }

    // Keeps an iterate in the neighbourhood of the central path (Colombo and Gondzio, 2008), at the cost of residuals no larger than what it lacked.
    private void Centre(DenseRow row, DenseIterate x)
    {
        double least = SmallestProduct * Vectors.Dot(x.S, x.Lambda, _layout.Length) / row.ActiveCount, root = Math.Sqrt(least);
        double* s = x.S, lambda = x.Lambda, active = row.Active;
        int length = _layout.Length;
        for (int i = 0; i < length; i++)
        {
            if (active[i] > 0 && s[i] * lambda[i] < least)
            {
                double larger = Math.Max(Math.Max(s[i], lambda[i]), root);
                (s[i], lambda[i]) = s[i] > lambda[i] ? (larger, least / larger) : (least / larger, larger);
            }
        }
    }

    private static double Length(double boundary, double mu) => Math.Min(1, Math.Clamp(1 - mu, SmallestFraction, LargestFraction) * boundary);

    // The length at which sᵀλ, a parabola along the step, is back at its present value. Without this limit the method can circle for ever (Cartis, 2009);
    // as long as other residuals are larger than the gap, sᵀλ may have to rise.
    private double LongestDescent(DenseIterate current)
    {
        double slope = Vectors.Dot(current.S, _step.Lambda, _layout.Length) + Vectors.Dot(current.Lambda, _step.S, _layout.Length);
        double curvature = Vectors.Dot(_step.S, _step.Lambda, _layout.Length);
        return slope < 0 && curvature > 0 ? -slope / curvature : double.PositiveInfinity;
    }

    // Solves for the corrected step, which cancels a share of the residuals; returns the distance to the boundary.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Correct(DenseRow row, DenseIterate current, double centring, double secondOrder, double share, double accuracy)
    {
        double target = centring * _residuals.Mu;
        double* s = current.S, lambda = current.Lambda, ds = _affine.S, dlambda = _affine.Lambda, active = row.Active, complementarity = _complementarity;
        int length = _layout.Length;
        for (int i = 0; i < length; i++)
        {
            complementarity[i] = (s[i] * lambda[i]) + (secondOrder * ds[i] * dlambda[i]) - (target * active[i]);
        }

        StepResidual = _newton.Solve(row, _residuals, share, _complementarity, accuracy, _step);
        return Math.Min(Vectors.StepToBoundary(current.S, _step.S, _layout.Length), Vectors.StepToBoundary(current.Lambda, _step.Lambda, _layout.Length));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double AffineComplementarity(DenseIterate current, double length)
    {
        double* s = current.S, lambda = current.Lambda, ds = _affine.S, dlambda = _affine.Lambda;
        int count = _layout.Length;
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += (s[i] + (length * ds[i])) * (lambda[i] + (length * dlambda[i]));
        }

        return sum;
    }
}
