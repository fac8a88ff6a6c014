using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;

namespace Microsoft.ML.Implicit.Solvers.Conic.Systems;

/// <summary>
/// Systems with K = [P Aᵀ; A −H]. What is factored is K with δI added to P and to H, reduced to the variables; refinement against K itself takes the δ out again.
/// </summary>
internal sealed class KktSystem
{
    /// <summary>What refinement can reach, relative to the right-hand side.</summary>
    public const double FullPrecision = 1e-13;

    private const int MaximumRefinements = 12;

    private readonly ScaledProgram _program;
    private readonly ConeBlock[] _blocks;
    private readonly INormalFactorization _factorization;
    private readonly double[] _firstResidual;
    private readonly double[] _secondResidual;
    private readonly double[] _u;
    private readonly double[] _du;
    private readonly double[] _dx;
    private readonly double[] _dz;

    public KktSystem(ScaledProgram program, ConeBlock[] blocks, INormalFactorization factorization)
    {
        (_program, _blocks, _factorization) = (program, blocks, factorization);
        (int n, int m) = (program.Q.Length, program.B.Length);
        (_firstResidual, _dx) = (new double[n], new double[n]);
        (_secondResidual, _dz, _u, _du) = (new double[m], new double[m], new double[m], new double[m]);
    }

    /// <summary>Factors K at the scaling that the blocks have.</summary>
    /// <returns>Whether rounding let it.</returns>
    public bool TryFactor() => _factorization.TryFactor();

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

    /// <summary>Solves the system that was factored, with δ, for (x, z).</summary>
    public void SolveRegularised(ReadOnlySpan<double> first, ReadOnlySpan<double> second, double[] x, double[] z)
    {
        first.CopyTo(_firstResidual);
        second.CopyTo(_secondResidual);
        SolveRegularised();
        _dx.CopyTo(x, 0);
        _dz.CopyTo(z, 0);
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
        _program.A.AddTransposedProduct(_dz, _dx);
        _factorization.Solve(_dx);
        _program.A.Multiply(_dx, _dz);
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
        _program.A.MultiplyBoth(x, _secondResidual, z, _firstResidual);
        Subtract(first, _firstResidual);
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
