using Microsoft.ML.Implicit.Solvers.Conic.Blocks;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>
/// Systems with K = [P Aᵀ; A −H]. What is factored is K with δI added to P and to H, reduced to the variables: P + δI + Aᵀ(H + δI)⁻¹A, positive definite whatever
/// the constraints are; refinement against K itself takes the δ out again.
/// </summary>
internal sealed class KktSystem
{
    /// <summary>What refinement can reach, relative to the right-hand side.</summary>
    public const double FullPrecision = 1e-13;

    private const int MaximumRefinements = 12;

    private readonly ScaledProgram _program;
    private readonly ConeBlock[] _blocks;
    private readonly int _n;
    private readonly CholeskyFactor _factor;
    private readonly double[] _whitened;
    private readonly double[] _firstResidual;
    private readonly double[] _secondResidual;
    private readonly double[] _u;
    private readonly double[] _du;
    private readonly double[] _dx;
    private readonly double[] _dz;

    public KktSystem(ScaledProgram program, ConeBlock[] blocks)
    {
        _program = program;
        _blocks = blocks;
        _n = program.Q.Length;
        _factor = new CholeskyFactor(_n);
        (_firstResidual, _dx) = (new double[_n], new double[_n]);
        int m = program.B.Length;
        _whitened = new double[m * _factor.Stride];
        (_secondResidual, _dz, _u, _du) = (new double[m], new double[m], new double[m], new double[m]);
    }

    /// <summary>Factors K at the scaling that the blocks have.</summary>
    /// <returns>Whether rounding let it.</returns>
    public bool TryFactor()
    {
        int stride = _factor.Stride;
        for (int i = 0; i < _program.B.Length; i++)
        {
            Span<double> row = _whitened.AsSpan(i * stride, stride);
            _program.A.AsSpan(i * _n, _n).CopyTo(row);

            // A scaling that overflowed before may have left NaN there.
            row[_n..].Clear();
        }

        foreach (ConeBlock block in _blocks)
        {
            block.Whiten(_whitened.AsSpan(block.Start * stride, block.Dimension * stride), stride);
        }

        _factor.Reset(_program.P, ConeBlock.Regularisation);
        _factor.AddGram(_whitened);
        return _factor.TryFactor();
    }

    /// <summary>
    /// Solves K (x, z) = (first, second) and gives s = −H z beside it. What is refined is u = s − z, from which z = −(I + H)⁻¹u and s = u + z follow without rounding
    /// being magnified, however large or small H is. Where the system has no solution, x and z are those with δ, large along what contradicts itself.
    /// </summary>
    public void Solve(ReadOnlySpan<double> first, ReadOnlySpan<double> second, double[] x, double[] z, double[] s, double tolerance = FullPrecision)
    {
        Array.Clear(x);
        Array.Clear(z);
        Array.Clear(s);
        Array.Clear(_u);
        first.CopyTo(_firstResidual);
        second.CopyTo(_secondResidual);
        double scale = Math.Max(DenseVector.MaximumMagnitude(first), DenseVector.MaximumMagnitude(second)), last = scale;
        for (int i = 0; i <= MaximumRefinements && last > tolerance * scale; i++)
        {
            SolveRegularised();
            DenseVector.AddScaled(x, 1, _dx);
            DenseVector.AddScaled(_u, 1, _du);
            Split(z, s);
            double norm = Residual(first, second, x, z, s);
            if (i > 0 && !(norm <= last))
            {
                DenseVector.AddScaled(x, -1, _dx);
                DenseVector.AddScaled(_u, -1, _du);
                Split(z, s);
                return;
            }

            if (norm > last / 2)
            {
                return;
            }

            last = norm;
        }
    }

    private void Split(double[] z, double[] s)
    {
        _u.CopyTo(z, 0);
        foreach (ConeBlock block in _blocks)
        {
            block.ApplyResolvent(block.Of(z));
        }

        for (int i = 0; i < z.Length; i++)
        {
            s[i] = _u[i] - z[i];
            z[i] = -z[i];
        }
    }

    private void SolveRegularised()
    {
        _secondResidual.CopyTo(_dz, 0);
        ApplyInverse(_dz);
        _firstResidual.CopyTo(_dx, 0);
        DenseVector.AddTransposedProduct(_program.A, _dz, _dx);
        _factor.Solve(_dx);
        DenseVector.Multiply(_program.A, _dx, _dz);
        for (int i = 0; i < _dz.Length; i++)
        {
            _du[i] = _secondResidual[i] - _dz[i];
            _dz[i] = -_du[i];
        }

        ApplyInverse(_dz);
        DenseVector.AddScaled(_du, -1, _dz);
    }

    private void ApplyInverse(double[] v)
    {
        foreach (ConeBlock block in _blocks)
        {
            block.ApplyInverse(block.Of(v));
        }
    }

    private double Residual(ReadOnlySpan<double> first, ReadOnlySpan<double> second, ReadOnlySpan<double> x, ReadOnlySpan<double> z, ReadOnlySpan<double> s)
    {
        _program.Multiply(x, _firstResidual);
        DenseVector.AddTransposedProduct(_program.A, z, _firstResidual);
        Subtract(first, _firstResidual);
        DenseVector.Multiply(_program.A, x, _secondResidual);
        DenseVector.AddScaled(_secondResidual, 1, s);
        Subtract(second, _secondResidual);
        return Math.Max(DenseVector.MaximumMagnitude(_firstResidual), DenseVector.MaximumMagnitude(_secondResidual));
    }

    private static void Subtract(ReadOnlySpan<double> from, Span<double> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = from[i] - target[i];
        }
    }
}
