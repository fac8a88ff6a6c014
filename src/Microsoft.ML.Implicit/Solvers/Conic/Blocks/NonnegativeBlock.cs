namespace Microsoft.ML.Implicit.Solvers.Conic.Blocks;

/// <summary>Nonnegative slacks: H = diag(s / z).</summary>
internal sealed class NonnegativeBlock(int start, int dimension) : ConeBlock(start, dimension)
{
    private readonly double[] _h = new double[dimension];
    private readonly double[] _z = new double[dimension];

    public override int Degree => Dimension;

    public override bool IsSeparable => true;

    public override int DescribeUnits(Span<RowUnit> units, int next) => DescribeSeparateUnits(units, next);

    public override void SetUnit(Span<double> s, Span<double> z)
    {
        s.Fill(1);
        z.Fill(1);
    }

    public override void ScaleUniformly(double h) => Array.Fill(_h, h);

    public override bool TryScale(ReadOnlySpan<double> s, ReadOnlySpan<double> z, double mu)
    {
        z.CopyTo(_z);
        for (int i = 0; i < _h.Length; i++)
        {
            _h[i] = s[i] / z[i];
        }

        return DenseVector.IsFinite(_h);
    }

    public override void MoveToPath(Span<double> s, Span<double> z, double mu)
    {
        for (int i = 0; i < _h.Length; i++)
        {
            (s[i], z[i]) = CentralPath.Pair(s[i] - z[i], mu);
            _h[i] = s[i] * s[i] / mu;
        }
    }

    public override void ApplyResolvent(Span<double> v)
    {
        for (int i = 0; i < v.Length; i++)
        {
            v[i] /= 1 + _h[i];
        }
    }

    public override void ApplyInverse(Span<double> v)
    {
        for (int i = 0; i < v.Length; i++)
        {
            v[i] /= _h[i] + Regularisation;
        }
    }

    public override void Whiten(Span<double> rows, int columns)
    {
        for (int i = 0; i < _h.Length; i++)
        {
            DenseVector.Scale(rows.Slice(i * columns, columns), 1 / Math.Sqrt(_h[i] + Regularisation));
        }
    }

    public override void Correct(ReadOnlySpan<double> ds, ReadOnlySpan<double> dz, double centre, Span<double> target)
    {
        for (int i = 0; i < _z.Length; i++)
        {
            target[i] += ((ds[i] * dz[i]) - centre) / _z[i];
        }
    }

    public override double LongestStep(ReadOnlySpan<double> s, ReadOnlySpan<double> ds, ReadOnlySpan<double> z, ReadOnlySpan<double> dz, double limit)
    {
        for (int i = 0; i < s.Length; i++)
        {
            limit = ds[i] < 0 ? Math.Min(limit, -s[i] / ds[i]) : limit;
            limit = dz[i] < 0 ? Math.Min(limit, -z[i] / dz[i]) : limit;
        }

        return limit;
    }
}
