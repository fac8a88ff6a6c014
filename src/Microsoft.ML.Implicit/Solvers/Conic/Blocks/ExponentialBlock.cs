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

    // Relative to what they are small differences of: where shadows cannot be told from the pair, it is on the path.
    private const double SmallestShadow = 1e-6;

    private readonly double[] _basis = new double[9];
    private readonly double[] _values = new double[3];
    private readonly double[] _hessianBasis = new double[9];
    private readonly double[] _hessianValues = new double[3];
    private readonly double[] _z = new double[3];

    public override int Degree => ExponentialBarrier.Degree;

    public override bool FixesUnits => true;

    public override int DescribeUnits(Span<RowUnit> units, int next)
    {
        units.Fill(new RowUnit(next, next + 1, 0));
        units[2] = units[2] with { Weight = 1 };
        return next + 2;
    }

    public override void SetUnit(Span<double> s, Span<double> z)
    {
        ExponentialPath.Centre.CopyTo(s);
        ExponentialPath.Centre.CopyTo(z);
    }

    public override void ScaleUniformly(double h)
    {
        _basis.AsSpan().Clear();
        (_basis[0], _basis[4], _basis[8]) = (1, 1, 1);
        Array.Fill(_values, h);
    }

    public override bool TryScale(ReadOnlySpan<double> s, ReadOnlySpan<double> z, double mu)
    {
        if (!ExponentialBarrier.IsInterior(z) || !ExponentialBarrier.IsPrimalInterior(s))
        {
            return false;
        }

        z.CopyTo(_z);
        Span<double> dyads = stackalloc double[12];
        ExponentialBarrier.HessianDyads(z, ExponentialBarrier.Psi(z), dyads);
        double determinant = ExponentialBarrier.HessianDeterminant(dyads);
        return RankOneSum.TryDecompose(dyads, _hessianBasis, _hessianValues) && ScaleByShadows(s, z, determinant);
    }

    public override void MoveToPath(Span<double> s, Span<double> z, double mu)
    {
        ExponentialPath.Move(s, z, mu);
        Span<double> dyads = stackalloc double[12];
        ExponentialBarrier.HessianDyads(z, mu / s[1], dyads);
        DenseVector.Scale(dyads, Math.Sqrt(mu));
        RankOneSum.TryDecompose(dyads, _basis, _values);
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
        Span<double> preimage = stackalloc double[3], third = stackalloc double[3], gradient = stackalloc double[3];
        ExponentialBarrier.Gradient(_z, gradient);
        DenseVector.AddScaled(target, centre, gradient);
        ds.CopyTo(preimage);
        ApplyFunction(_hessianBasis, _hessianValues, preimage, h => 1 / h);
        ExponentialBarrier.ThirdDerivative(_z, dz, preimage, third);
        DenseVector.AddScaled(target, -0.5, third);
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

    private static void ApplyFunction(double[] basis, double[] values, Span<double> v, Func<double, double> f)
    {
        Span<double> product = stackalloc double[3];
        DenseVector.Multiply(basis, v, product);
        for (int i = 0; i < 3; i++)
        {
            product[i] *= f(values[i]);
        }

        v.Clear();
        DenseVector.AddTransposedProduct(basis, product, v);
    }

    private void ApplyFunction(Span<double> v, Func<double, double> f) => ApplyFunction(_basis, _values, v, f);

    // H = ssᵀ / sᵀz + δs δsᵀ / δsᵀδz + t aaᵀ with δs = s − μ s̃ and δz = z − μ z̃ for shadows s̃ and z̃, and a orthogonal to z and z̃; t is that of the
    // least change (BFGS) of μ∇²f*(z), of which the determinant gives it without differences.
    private bool ScaleByShadows(ReadOnlySpan<double> s, ReadOnlySpan<double> z, double determinant)
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

        Span<double> axis =
        [
            (z[1] * multiplierShadow[2]) - (z[2] * multiplierShadow[1]),
            (z[2] * multiplierShadow[0]) - (z[0] * multiplierShadow[2]),
            (z[0] * multiplierShadow[1]) - (z[1] * multiplierShadow[0]),
        ];
        DenseVector.Scale(axis, 1 / Math.Sqrt(DenseVector.Dot(axis, axis)));
        Span<double> image = stackalloc double[3];
        multiplierShadow.CopyTo(image);
        ApplyFunction(_hessianBasis, _hessianValues, image, h => h);
        double curvature = DenseVector.Dot(image, multiplierShadow) - (Degree * shadowMu * shadowMu), distance = DenseVector.Dot(ds, dz);
        DenseVector.AddScaled(image, -shadowMu, slackShadow);
        double volume = SmallMatrix.Determinant(slackShadow, image, axis);
        double weight = mu * Degree * curvature * determinant / (volume * volume);
        if (distance > SmallestShadow * product && curvature > SmallestShadow * shadowMu * shadowMu && weight > 0 && double.IsFinite(weight))
        {
            Span<double> dyads = stackalloc double[9];
            DenseVector.AddScaled(dyads[..3], 1 / Math.Sqrt(product), s);
            DenseVector.AddScaled(dyads[3..6], 1 / Math.Sqrt(distance), ds);
            DenseVector.AddScaled(dyads[6..], Math.Sqrt(weight), axis);
            return RankOneSum.TryDecompose(dyads, _basis, _values);
        }

        _hessianBasis.CopyTo(_basis, 0);
        for (int i = 0; i < 3; i++)
        {
            _values[i] = mu * _hessianValues[i];
        }

        return true;
    }
}
