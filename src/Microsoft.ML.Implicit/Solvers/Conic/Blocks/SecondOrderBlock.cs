using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Implicit.Solvers.Conic.Blocks;

/// <summary>
/// A second-order cone. H has the eigenvectors (1, ±u) / √2 with a unit vector u, and one eigenvalue on all that is orthogonal to them; functions of H are
/// computed in this basis, where nothing cancels near the boundary (Vandenberghe, 2010, section 4.2, has H = η²(2wwᵀ − J)).
/// </summary>
internal sealed class SecondOrderBlock(int start, int dimension) : ConeBlock(start, dimension)
{
    private static readonly double HalfRoot = Math.Sqrt(0.5);

    private readonly double[] _direction = new double[dimension];
    private readonly double[] _lambda = new double[dimension];
    private readonly double[] _scaledSlack = new double[dimension];
    private readonly double[] _scaledMultiplier = new double[dimension];
    private double[] _along = [];
    private double _plus;
    private double _minus;
    private double _rest;

    public override int Degree => 1;

    public override bool HasOneUnit => true;

    public override void SetUnit(Span<double> s, Span<double> z)
    {
        s.Clear();
        z.Clear();
        (s[0], z[0]) = (1, 1);
    }

    public override void ScaleUniformly(double h)
    {
        // Where all eigenvalues are the same any direction serves, but that of the row before would leave its rounding in this one.
        Array.Clear(_direction);
        (_plus, _minus, _rest) = (h, h, h);
    }

    public override bool TryScale(ReadOnlySpan<double> s, ReadOnlySpan<double> z, double mu)
    {
        double slackRoot = Math.Sqrt(Determinant(s)), multiplierRoot = Math.Sqrt(Determinant(z));
        if (!(slackRoot > 0 && multiplierRoot > 0 && s[0] > 0 && z[0] > 0))
        {
            return false;
        }

        double gamma = Math.Sqrt((1 + (DenseVector.Dot(s, z) / (slackRoot * multiplierRoot))) / 2);
        double w0 = ((s[0] / slackRoot) + (z[0] / multiplierRoot)) / (2 * gamma);
        for (int i = 1; i < Dimension; i++)
        {
            _direction[i] = ((s[i] / slackRoot) - (z[i] / multiplierRoot)) / (2 * gamma);
        }

        double sum = w0 + Normalise();
        _rest = slackRoot / multiplierRoot;
        _plus = _rest * sum * sum;
        _minus = _rest / (sum * sum);
        z.CopyTo(_lambda);
        Apply(_lambda, Math.Sqrt(_plus), Math.Sqrt(_minus), Math.Sqrt(_rest));
        return double.IsFinite(_plus) && _minus > 0;
    }

    public override void MoveToPath(Span<double> s, Span<double> z, double mu)
    {
        for (int i = 1; i < Dimension; i++)
        {
            _direction[i] = s[i] - z[i];
        }

        double length = Normalise(), first = s[0] - z[0];
        (double slackPlus, double multiplierPlus) = CentralPath.Pair(first + length, mu);
        (double slackMinus, double multiplierMinus) = CentralPath.Pair(first - length, mu);
        _plus = slackPlus * slackPlus / mu;
        _minus = slackMinus * slackMinus / mu;
        _rest = slackPlus * slackMinus / mu;
        Combine(slackPlus, slackMinus, s);
        Combine(multiplierPlus, multiplierMinus, z);
    }

    public override void ApplyResolvent(Span<double> v) => Apply(v, 1 / (1 + _plus), 1 / (1 + _minus), 1 / (1 + _rest));

    public override void ApplyInverse(Span<double> v) => Apply(v, 1 / (_plus + Regularisation), 1 / (_minus + Regularisation), 1 / (_rest + Regularisation));

    public override void Whiten(Span<double> rows, int columns) =>
        Apply(rows, columns, 1 / Math.Sqrt(_plus + Regularisation), 1 / Math.Sqrt(_minus + Regularisation), 1 / Math.Sqrt(_rest + Regularisation));

    public override void Correct(ReadOnlySpan<double> ds, ReadOnlySpan<double> dz, double centre, Span<double> target)
    {
        (double plus, double minus, double rest) = (Math.Sqrt(_plus), Math.Sqrt(_minus), Math.Sqrt(_rest));
        ds.CopyTo(_scaledSlack);
        dz.CopyTo(_scaledMultiplier);
        Apply(_scaledSlack, 1 / plus, 1 / minus, 1 / rest);
        Apply(_scaledMultiplier, plus, minus, rest);

        // The product less the centre, in the place of the scaled slacks, then λ \ it.
        double slack = _scaledSlack[0], multiplier = _scaledMultiplier[0], first = DenseVector.Dot(_scaledSlack, _scaledMultiplier) - centre;
        Span<double> others = _scaledSlack.AsSpan(1);
        ReadOnlySpan<double> lambda = _lambda.AsSpan(1);
        DenseVector.Combine(multiplier, others, slack, _scaledMultiplier.AsSpan(1));
        _scaledSlack[0] = ((_lambda[0] * first) - DenseVector.Dot(lambda, others)) / Determinant(_lambda);
        DenseVector.Combine(1 / _lambda[0], others, -_scaledSlack[0] / _lambda[0], lambda);

        Apply(_scaledSlack, plus, minus, rest);
        DenseVector.AddScaled(target, 1, _scaledSlack);
    }

    public override double LongestStep(ReadOnlySpan<double> s, ReadOnlySpan<double> ds, ReadOnlySpan<double> z, ReadOnlySpan<double> dz, double limit) =>
        Math.Min(limit, Math.Min(LongestStep(s, ds), LongestStep(z, dz)));

    // The first root of det(x + αd) = c + 2bα + aα², whose discriminant only rounding makes negative (the reversed Cauchy-Schwarz inequality).
    private static double LongestStep(ReadOnlySpan<double> x, ReadOnlySpan<double> d)
    {
        double a = Determinant(d), c = Determinant(x);
        double b = (x[0] * d[0]) - DenseVector.Dot(x[1..], d[1..]);
        double divisor = Math.Sqrt(Math.Max((b * b) - (a * c), 0)) - b;
        return divisor > 0 ? Math.Max(c, 0) / divisor : double.PositiveInfinity;
    }

    private static double Determinant(ReadOnlySpan<double> x)
    {
        double length = Math.Sqrt(DenseVector.Dot(x[1..], x[1..]));
        return (x[0] - length) * (x[0] + length);
    }

    // The vector with these eigenvalues along the direction.
    private void Combine(double plus, double minus, Span<double> target)
    {
        target[0] = (plus + minus) / 2;
        _direction.AsSpan(1).CopyTo(target[1..]);
        DenseVector.Scale(target[1..], (plus - minus) / 2);
    }

    private double Normalise()
    {
        double length = Math.Sqrt(DenseVector.Dot(_direction.AsSpan(1), _direction.AsSpan(1)));
        if (length > 0)
        {
            DenseVector.Scale(_direction.AsSpan(1), 1 / length);
        }

        return length;
    }

    // v ← f(H) v, where f of the eigenvalues is given.
    private void Apply(Span<double> v, double plus, double minus, double rest)
    {
        ReadOnlySpan<double> direction = _direction.AsSpan(1);
        Span<double> others = v[1..];
        double along = DenseVector.Dot(direction, others);
        double positive = (v[0] + along) * HalfRoot * plus, negative = (v[0] - along) * HalfRoot * minus;
        v[0] = (positive + negative) * HalfRoot;
        DenseVector.Combine(rest, others, ((positive - negative) * HalfRoot) - (rest * along), direction);
    }

    // rows ← f(H) rows.
    private void Apply(Span<double> rows, int columns, double plus, double minus, double rest)
    {
        if (_along.Length < columns)
        {
            _along = new double[columns];
        }

        Span<double> along = _along.AsSpan(0, columns), first = rows[..columns];
        along.Clear();
        DenseVector.AddTransposedProduct(rows[columns..], _direction.AsSpan(1), along);
        Span<Vector<double>> firsts = MemoryMarshal.Cast<double, Vector<double>>(first), alongs = MemoryMarshal.Cast<double, Vector<double>>(along);
        for (int j = 0; j < firsts.Length; j++)
        {
            Vector<double> positive = (firsts[j] + alongs[j]) * (HalfRoot * plus), negative = (firsts[j] - alongs[j]) * (HalfRoot * minus);
            firsts[j] = (positive + negative) * HalfRoot;
            alongs[j] = ((positive - negative) * HalfRoot) - (alongs[j] * rest);
        }

        for (int j = firsts.Length * Vector<double>.Count; j < columns; j++)
        {
            double positive = (first[j] + along[j]) * HalfRoot * plus, negative = (first[j] - along[j]) * HalfRoot * minus;
            first[j] = (positive + negative) * HalfRoot;
            along[j] = ((positive - negative) * HalfRoot) - (rest * along[j]);
        }

        for (int i = 1; i < Dimension; i++)
        {
            DenseVector.Combine(rest, rows.Slice(i * columns, columns), _direction[i], along);
        }
    }
}
