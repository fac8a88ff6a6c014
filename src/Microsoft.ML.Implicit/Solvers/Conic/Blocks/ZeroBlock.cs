namespace Microsoft.ML.Implicit.Solvers.Conic.Blocks;

/// <summary>Equalities: slacks stay zero, and H is zero.</summary>
internal sealed class ZeroBlock(int start, int dimension) : ConeBlock(start, dimension)
{
    public override int Degree => 0;

    public override bool IsSeparable => true;

    public override int DescribeUnits(Span<RowUnit> units, int next) => DescribeSeparateUnits(units, next);

    public override void SetUnit(Span<double> s, Span<double> z)
    {
        s.Clear();
        z.Clear();
    }

    public override void ScaleUniformly(double h)
    {
    }

    public override bool TryScale(ReadOnlySpan<double> s, ReadOnlySpan<double> z, double mu) => true;

    public override void MoveToPath(Span<double> s, Span<double> z, double mu) => s.Clear();

    public override void ApplyResolvent(Span<double> v)
    {
    }

    public override void ApplyInverse(Span<double> v) => DenseVector.Scale(v, 1 / Regularisation);

    public override void Whiten(Span<double> rows, int columns) => DenseVector.Scale(rows, 1 / Math.Sqrt(Regularisation));

    public override void Correct(ReadOnlySpan<double> ds, ReadOnlySpan<double> dz, double centre, Span<double> target)
    {
    }

    public override double LongestStep(ReadOnlySpan<double> s, ReadOnlySpan<double> ds, ReadOnlySpan<double> z, ReadOnlySpan<double> dz, double limit) => limit;
}
