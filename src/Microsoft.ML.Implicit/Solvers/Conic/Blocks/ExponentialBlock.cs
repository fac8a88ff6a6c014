namespace Microsoft.ML.Implicit.Solvers.Conic.Blocks;

/// <summary>
/// An exponential cone. H takes z to s and the shadow −∇f(s) to the shadow −∇f*(z) (Tunçel, 2001; Dahl and Andersen, 2022, section 5), and on the central path is μ∇²f*(z).
/// </summary>
internal sealed class ExponentialBlock(int start) : ConeBlock(start, 3)
{
    // How far the product of gradients may be from its value on the path: Dahl and Andersen's β.
    private const double Neighbourhood = 1e-4;

    // A step is cut by this until it is inside.
    private const double Backtracking = 0.8;

    private const double ShortestStep = 1e-10;

    private static readonly double[] Centre = CreateCentre();

    private readonly double[] _h = new double[9];
    private readonly double[] _hessian = new double[9];
    private readonly double[] _basis = new double[9];
    private readonly double[] _values = new double[3];
    private readonly double[] _z = new double[3];

    public override int Degree => ExponentialBarrier.Degree;

    public override void SetUnit(Span<double> s, Span<double> z)
    {
        Centre.CopyTo(s);
        Centre.CopyTo(z);
    }

    public override bool TryScale(ReadOnlySpan<double> s, ReadOnlySpan<double> z, double mu)
    {
        if (!ExponentialBarrier.IsInterior(z) || !ExponentialBarrier.IsPrimalInterior(s))
        {
            return false;
        }

        z.CopyTo(_z);
        ExponentialBarrier.Hessian(z, _hessian);
        ScaleByShadows(s, z);
        return Decompose();
    }

    public override void MoveToPath(Span<double> s, Span<double> z, double mu)
    {
        Span<double> difference = stackalloc double[3];
        for (int i = 0; i < 3; i++)
        {
            difference[i] = s[i] - z[i];
        }

        FindOnPath(difference, mu, z);
        for (int i = 0; i < 3; i++)
        {
            s[i] = z[i] + difference[i];
        }

        ExponentialBarrier.Hessian(z, _h);
        DenseVector.Scale(_h, mu);
        Decompose();
    }

    public override void ApplyResolvent(Span<double> v) => ApplyFunction(v, h => 1 / (1 + h));

    public override void ApplyInverse(Span<double> v) => ApplyFunction(v, h => 1 / (h + Regularisation));

    public override void Whiten(Span<double> rows, int columns)
    {
        Span<double> column = stackalloc double[3], product = stackalloc double[3];
        for (int j = 0; j < columns; j++)
        {
            (column[0], column[1], column[2]) = (rows[j], rows[columns + j], rows[(2 * columns) + j]);
            DenseVector.Multiply(_basis, column, product);
            for (int i = 0; i < 3; i++)
            {
                rows[(i * columns) + j] = product[i] / Math.Sqrt(_values[i] + Regularisation);
            }
        }
    }

    /// <remarks>s + σμ∇f*(z) − ½ ∇³f*(z)[dz, ∇²f*(z)⁻¹ ds] (Dahl and Andersen, 2022, section 6).</remarks>
    public override void Correct(ReadOnlySpan<double> ds, ReadOnlySpan<double> dz, double centre, Span<double> target)
    {
        Span<double> factor = stackalloc double[9], preimage = stackalloc double[3], third = stackalloc double[3], gradient = stackalloc double[3];
        ExponentialBarrier.Gradient(_z, gradient);
        DenseVector.AddScaled(target, centre, gradient);
        _hessian.CopyTo(factor);
        if (SmallMatrix.TryFactor(factor, 3))
        {
            ds.CopyTo(preimage);
            SmallMatrix.Solve(factor, preimage);
            ExponentialBarrier.ThirdDerivative(_z, dz, preimage, third);
            DenseVector.AddScaled(target, -0.5, third);
        }
    }

    public override double LongestStep(ReadOnlySpan<double> s, ReadOnlySpan<double> ds, ReadOnlySpan<double> z, ReadOnlySpan<double> dz, double limit)
    {
        Span<double> slack = stackalloc double[3], multiplier = stackalloc double[3];
        for (; limit > ShortestStep; limit *= Backtracking)
        {
            s.CopyTo(slack);
            z.CopyTo(multiplier);
            DenseVector.AddScaled(slack, limit, ds);
            DenseVector.AddScaled(multiplier, limit, dz);
            if (ExponentialBarrier.IsPrimalInterior(slack) && ExponentialBarrier.IsInterior(multiplier))
            {
                return limit;
            }
        }

        return 0;
    }

    public override bool IsNearPath(ReadOnlySpan<double> s, ReadOnlySpan<double> z, double mu)
    {
        Span<double> dual = stackalloc double[3], gradient = stackalloc double[3];
        ExponentialBarrier.DualOf(s, dual);
        ExponentialBarrier.Gradient(z, gradient);
        return -Degree / DenseVector.Dot(dual, gradient) >= Neighbourhood * mu;
    }

    // The point where the gradient of f* is minus itself.
    private static double[] CreateCentre()
    {
        double[] z = [-1, 1, 1];
        FindOnPath([0, 0, 0], 1, z);
        return z;
    }

    // Newton's method for s − z = difference with s = −μ∇f*(z): the least of ½ ‖z + difference‖² + μ f*(z).
    private static void FindOnPath(ReadOnlySpan<double> difference, double mu, Span<double> z)
    {
        Span<double> gradient = stackalloc double[3], factor = stackalloc double[9], direction = stackalloc double[3], trial = stackalloc double[3];
        for (int iteration = 0; iteration < 100; iteration++)
        {
            ExponentialBarrier.Gradient(z, gradient);
            ExponentialBarrier.Hessian(z, factor);
            DenseVector.Scale(factor, mu);
            for (int i = 0; i < 3; i++)
            {
                gradient[i] = (mu * gradient[i]) + z[i] + difference[i];
                factor[4 * i] += 1;
            }

            if (!SmallMatrix.TryFactor(factor, 3))
            {
                return;
            }

            gradient.CopyTo(direction);
            SmallMatrix.Solve(factor, direction);
            double decrement = Math.Sqrt(Math.Max(DenseVector.Dot(direction, gradient), 0) / mu);

            // Near the least of a self-concordant function whole steps stay inside and converge; one of 1 / (1 + decrement) always does.
            double step = 1, damped = 1 / (1 + decrement), value = Merit(z, difference, mu);
            z.CopyTo(trial);
            DenseVector.AddScaled(trial, -step, direction);
            while (decrement > 0.25 && step > damped && !(ExponentialBarrier.IsInterior(trial) && Merit(trial, difference, mu) < value))
            {
                step = Math.Max(step / 2, damped);
                z.CopyTo(trial);
                DenseVector.AddScaled(trial, -step, direction);
            }

            if (!ExponentialBarrier.IsInterior(trial))
            {
                return;
            }

            trial.CopyTo(z);
            if (!(decrement > 1e-12))
            {
                return;
            }
        }
    }

    private static double Merit(ReadOnlySpan<double> z, ReadOnlySpan<double> difference, double mu)
    {
        double sum = 0;
        for (int i = 0; i < 3; i++)
        {
            sum += (z[i] + difference[i]) * (z[i] + difference[i]) / 2;
        }

        return sum + (mu * ExponentialBarrier.Value(z));
    }

    private void ScaleByShadows(ReadOnlySpan<double> s, ReadOnlySpan<double> z)
    {
        Span<double> slackShadow = stackalloc double[3], multiplierShadow = stackalloc double[3], ds = stackalloc double[3], dz = stackalloc double[3];
        ExponentialBarrier.Gradient(z, slackShadow);
        DenseVector.Scale(slackShadow, -1);
        ExponentialBarrier.DualOf(s, multiplierShadow);
        double product = DenseVector.Dot(s, z), mu = product / Degree, shadowMu = DenseVector.Dot(slackShadow, multiplierShadow) / Degree;
        for (int i = 0; i < 3; i++)
        {
            ds[i] = s[i] - (mu * slackShadow[i]);
            dz[i] = z[i] - (mu * multiplierShadow[i]);
        }

        double distance = DenseVector.Dot(ds, dz);
        Span<double> axis =
        [
            (z[1] * multiplierShadow[2]) - (z[2] * multiplierShadow[1]),
            (z[2] * multiplierShadow[0]) - (z[0] * multiplierShadow[2]),
            (z[0] * multiplierShadow[1]) - (z[1] * multiplierShadow[0]),
        ];
        double length = Math.Sqrt(DenseVector.Dot(axis, axis));
        Span<double> image = stackalloc double[3];
        DenseVector.Multiply(_hessian, multiplierShadow, image);
        double curvature = DenseVector.Dot(image, multiplierShadow) - (Degree * shadowMu * shadowMu);
        _hessian.CopyTo(_h, 0);
        DenseVector.Scale(_h, mu);
        if (!(distance > 1e-6 * product && (mu * shadowMu) - 1 > 1e-6 && curvature > 0 && length > 0))
        {
            return;
        }

        // The least change of μ∇²f*(z), by its norm on the axis that both z and its shadow leave free.
        double norm = 0;
        DenseVector.AddScaled(image, -shadowMu, slackShadow);
        for (int i = 0; i < 9; i++)
        {
            double rest = _hessian[i] - (slackShadow[i / 3] * slackShadow[i % 3] / Degree) - (image[i / 3] * image[i % 3] / curvature);
            norm += rest * rest;
        }

        double weight = mu * Math.Sqrt(norm);
        for (int i = 0; i < 9; i++)
        {
            (int row, int column) = (i / 3, i % 3);
            _h[i] = (s[row] * s[column] / product) + (ds[row] * ds[column] / distance) + (weight * axis[row] * axis[column] / (length * length));
        }
    }

    private bool Decompose()
    {
        SymmetricEigen.Decompose(_h, _basis, _values);
        return Array.TrueForAll(_values, value => value > 0 && double.IsFinite(value));
    }

    private void ApplyFunction(Span<double> v, Func<double, double> f)
    {
        Span<double> product = stackalloc double[3];
        DenseVector.Multiply(_basis, v, product);
        for (int i = 0; i < 3; i++)
        {
            product[i] *= f(_values[i]);
        }

        v.Clear();
        DenseVector.AddTransposedProduct(_basis, product, v);
    }
}
