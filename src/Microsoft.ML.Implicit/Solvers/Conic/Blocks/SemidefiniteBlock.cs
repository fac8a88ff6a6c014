namespace Microsoft.ML.Implicit.Solvers.Conic.Blocks;

/// <summary>
/// Semidefinite matrices: H Z = G Z G with G = RRᵀ and RᵀZR = R⁻¹SR⁻ᵀ = Λ (Nesterov and Todd, 1997; Vandenberghe, 2010, section 4.3). Functions of H are computed in
/// the eigenvectors of G, where its eigenvalues are the products of pairs of those of G.
/// </summary>
internal sealed class SemidefiniteBlock : ConeBlock
{
    private readonly int _n;
    private readonly double[] _r;
    private readonly double[] _inverse;
    private readonly double[] _lambda;
    private readonly double[] _basis;
    private readonly double[] _values;
    private readonly double[] _directionValues;
    private readonly double[] _slack;
    private readonly double[] _multiplier;
    private readonly double[] _scratch;
    private readonly double[] _other;

    public SemidefiniteBlock(int start, int order)
        : base(start, order * (order + 1) / 2)
    {
        _n = order;
        (_lambda, _values, _directionValues) = (new double[order], new double[order], new double[order]);
        (_r, _inverse, _basis) = (Square(), Square(), Square());
        (_slack, _multiplier, _scratch, _other) = (Square(), Square(), Square(), Square());

        double[] Square() => new double[order * order];
    }

    public override int Degree => _n;

    public override bool HasOneUnit => true;

    public override int DescribeUnits(Span<RowUnit> units, int next)
    {
        for (int column = 0, i = 0; column < _n; column++)
        {
            for (int row = column; row < _n; row++, i++)
            {
                units[i] = new RowUnit(next + row, next + column, 1);
            }
        }

        return next + _n;
    }

    public override void SetUnit(Span<double> s, Span<double> z)
    {
        Array.Clear(_slack);
        for (int i = 0; i < _n; i++)
        {
            _slack[(i * _n) + i] = 1;
        }

        SmallMatrix.ToVector(_slack, s, 1, _n);
        s.CopyTo(z);
    }

    public override void ScaleUniformly(double h)
    {
        Array.Clear(_basis);
        for (int i = 0; i < _n; i++)
        {
            (_basis[(i * _n) + i], _values[i]) = (1, Math.Sqrt(h));
        }
    }

    public override bool TryScale(ReadOnlySpan<double> s, ReadOnlySpan<double> z, double mu)
    {
        SmallMatrix.FromVector(s, 1, _slack, _n);
        SmallMatrix.FromVector(z, 1, _multiplier, _n);
        if (!SmallMatrix.TryFactor(_slack, _n))
        {
            return false;
        }

        // With S = LLᵀ and LᵀZL = VΛ²Vᵀ: R = LVΛ^(−1/2), R⁻¹ = Λ⁻¹RᵀZ.
        SmallMatrix.Transpose(_slack, _other, _n);
        _multiplier.CopyTo(_r);
        SmallMatrix.Congruence(_other, _r, _scratch, _n);
        SymmetricEigen.Decompose(_r, _basis, _lambda);
        SmallMatrix.Multiply(_basis, _other, _inverse, _n);
        for (int i = 0; i < _n; i++)
        {
            if (!(_lambda[i] > 0) || !double.IsFinite(_lambda[i]))
            {
                return false;
            }

            _lambda[i] = Math.Sqrt(_lambda[i]);
            DenseVector.Scale(_inverse.AsSpan(i * _n, _n), 1 / Math.Sqrt(_lambda[i]));
        }

        SmallMatrix.Transpose(_inverse, _r, _n);
        SmallMatrix.Multiply(_r, _r, _scratch, _n, transposed: true);
        SymmetricEigen.Decompose(_scratch, _basis, _values);
        SmallMatrix.Multiply(_inverse, _multiplier, _scratch, _n);
        _scratch.CopyTo(_inverse, 0);
        for (int i = 0; i < _n; i++)
        {
            DenseVector.Scale(_inverse.AsSpan(i * _n, _n), 1 / _lambda[i]);
        }

        return Array.TrueForAll(_values, value => value > 0);
    }

    public override void MoveToPath(Span<double> s, Span<double> z, double mu)
    {
        SmallMatrix.FromVector(s, 1, _slack, _n);
        SmallMatrix.FromVector(z, 1, _multiplier, _n);
        DenseVector.AddScaled(_slack, -1, _multiplier);
        SymmetricEigen.Decompose(_slack, _basis, _values);
        Array.Clear(_slack);
        Array.Clear(_multiplier);
        for (int i = 0; i < _n; i++)
        {
            (_slack[(i * _n) + i], _multiplier[(i * _n) + i]) = CentralPath.Pair(_values[i], mu);
            _values[i] = _slack[(i * _n) + i] / Math.Sqrt(mu);
        }

        SmallMatrix.Transpose(_basis, _other, _n);
        SmallMatrix.Congruence(_other, _slack, _scratch, _n);
        SmallMatrix.Congruence(_other, _multiplier, _scratch, _n);
        SmallMatrix.ToVector(_slack, s, 1, _n);
        SmallMatrix.ToVector(_multiplier, z, 1, _n);
    }

    public override void ApplyResolvent(Span<double> v) => ApplyFunction(v, h => 1 / (1 + h));

    public override void ApplyInverse(Span<double> v) => ApplyFunction(v, h => 1 / (h + Regularisation));

    public override void Whiten(Span<double> rows, int columns)
    {
        for (int column = 0; column < columns; column++)
        {
            SmallMatrix.FromVector(rows[column..], columns, _slack, _n);
            ScaleInBasis(_slack, h => 1 / Math.Sqrt(h + Regularisation));
            SmallMatrix.ToVector(_slack, rows[column..], columns, _n);
        }
    }

    public override void Correct(ReadOnlySpan<double> ds, ReadOnlySpan<double> dz, double centre, Span<double> target)
    {
        ToScaled(ds, dz);
        SmallMatrix.Multiply(_slack, _multiplier, _other, _n);
        for (int i = 0; i < _n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double product = _other[(i * _n) + j] + _other[(j * _n) + i] - (i == j ? 2 * centre : 0);
                _slack[(i * _n) + j] = _slack[(j * _n) + i] = product / (_lambda[i] + _lambda[j]);
            }
        }

        SmallMatrix.Congruence(_r, _slack, _scratch, _n);
        SmallMatrix.ToVector(_slack, _other, 1, _n);
        DenseVector.AddScaled(target, 1, _other.AsSpan(0, Dimension));
    }

    public override double LongestStep(ReadOnlySpan<double> s, ReadOnlySpan<double> ds, ReadOnlySpan<double> z, ReadOnlySpan<double> dz, double limit)
    {
        ToScaled(ds, dz);
        return Math.Min(limit, Math.Min(LongestStep(_slack), LongestStep(_multiplier)));
    }

    // How far the eigenvalues of Λ + α · direction stay positive.
    private double LongestStep(double[] direction)
    {
        for (int i = 0; i < _n; i++)
        {
            for (int j = 0; j < _n; j++)
            {
                direction[(i * _n) + j] /= Math.Sqrt(_lambda[i] * _lambda[j]);
            }
        }

        SymmetricEigen.Decompose(direction, _scratch, _directionValues);
        double smallest = _directionValues.Min();
        return smallest < 0 ? -1 / smallest : double.PositiveInfinity;
    }

    // R⁻¹ dS R⁻ᵀ and Rᵀ dZ R.
    private void ToScaled(ReadOnlySpan<double> ds, ReadOnlySpan<double> dz)
    {
        SmallMatrix.FromVector(ds, 1, _slack, _n);
        SmallMatrix.FromVector(dz, 1, _multiplier, _n);
        SmallMatrix.Congruence(_inverse, _slack, _scratch, _n);
        SmallMatrix.Transpose(_r, _other, _n);
        SmallMatrix.Congruence(_other, _multiplier, _scratch, _n);
    }

    private void ApplyFunction(Span<double> v, Func<double, double> f)
    {
        SmallMatrix.FromVector(v, 1, _slack, _n);
        ScaleInBasis(_slack, f);
        SmallMatrix.Transpose(_basis, _other, _n);
        SmallMatrix.Congruence(_other, _slack, _scratch, _n);
        SmallMatrix.ToVector(_slack, v, 1, _n);
    }

    private void ScaleInBasis(double[] matrix, Func<double, double> f)
    {
        SmallMatrix.Congruence(_basis, matrix, _scratch, _n);
        for (int i = 0; i < _n; i++)
        {
            for (int j = 0; j < _n; j++)
            {
                matrix[(i * _n) + j] *= f(_values[i] * _values[j]);
            }
        }
    }
}
