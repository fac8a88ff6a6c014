namespace Microsoft.ML.Implicit.Solvers.Conic.Blocks;

/// <summary>
/// A ray of a second-order cone, s = αr with α ≥ 0 along the unit vector r of s₀ = ±sₖ: H = h rrᵀ. Its dual is a half-space, rᵀz ≥ 0.
/// </summary>
/// <param name="start">Its first slack in a row.</param>
/// <param name="dimension">Number of slacks.</param>
/// <param name="other">k.</param>
/// <param name="sign">That of sₖ.</param>
internal sealed class RayBlock(int start, int dimension, int other, int sign) : ConeBlock(start, dimension)
{
    private static readonly double HalfRoot = Math.Sqrt(0.5);

    private double _h;
    private double _multiplier;

    public override int Degree => 1;

    public override bool HasOneUnit => true;

    public override void SetUnit(Span<double> s, Span<double> z)
    {
        s.Clear();
        z.Clear();
        AddAlong(s, 1);
        AddAlong(z, 1);
    }

    public override void ScaleUniformly(double h) => _h = h;

    public override bool TryScale(ReadOnlySpan<double> s, ReadOnlySpan<double> z, double mu)
    {
        double slack = Along(s);
        _multiplier = Along(z);
        _h = slack / _multiplier;
        return slack > 0 && _multiplier > 0 && double.IsFinite(_h);
    }

    public override void MoveToPath(Span<double> s, Span<double> z, double mu)
    {
        (double slack, double multiplier) = CentralPath.Pair(Along(s) - Along(z), mu);
        _h = slack * slack / mu;
        DenseVector.AddScaled(z, -1, s);
        AddAlong(z, multiplier - Along(z));
        s.Clear();
        AddAlong(s, slack);
    }

    public override void ApplyResolvent(Span<double> v) => AddAlong(v, -_h / (1 + _h) * Along(v));

    public override void ApplyInverse(Span<double> v) => Apply(v, 1 / (_h + Regularisation), 1 / Regularisation);

    public override void Whiten(Span<double> rows, int columns)
    {
        double along = 1 / Math.Sqrt(_h + Regularisation), across = 1 / Math.Sqrt(Regularisation);
        Span<double> first = rows[..columns], second = rows.Slice(other * columns, columns);
        for (int j = 0; j < columns; j++)
        {
            double change = ((along / across) - 1) * (first[j] + (sign * second[j])) / 2;
            first[j] += change;
            second[j] += sign * change;
        }

        DenseVector.Scale(rows, across);
    }

    public override void Correct(ReadOnlySpan<double> ds, ReadOnlySpan<double> dz, double centre, Span<double> target) =>
        AddAlong(target, ((Along(ds) * Along(dz)) - centre) / _multiplier);

    public override double LongestStep(ReadOnlySpan<double> s, ReadOnlySpan<double> ds, ReadOnlySpan<double> z, ReadOnlySpan<double> dz, double limit)
    {
        (double slackStep, double multiplierStep) = (Along(ds), Along(dz));
        limit = slackStep < 0 ? Math.Min(limit, -Along(s) / slackStep) : limit;
        return multiplierStep < 0 ? Math.Min(limit, -Along(z) / multiplierStep) : limit;
    }

    private double Along(ReadOnlySpan<double> v) => (v[0] + (sign * v[other])) * HalfRoot;

    private void AddAlong(Span<double> v, double length)
    {
        v[0] += length * HalfRoot;
        v[other] += sign * length * HalfRoot;
    }

    private void Apply(Span<double> v, double along, double across)
    {
        double length = Along(v);
        AddAlong(v, -length);
        DenseVector.Scale(v, across);
        AddAlong(v, along * length);
    }
}
