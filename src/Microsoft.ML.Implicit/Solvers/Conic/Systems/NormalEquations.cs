using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;

namespace Microsoft.ML.Implicit.Solvers.Conic.Systems;

/// <summary>The system reduced to the variables, P + δI + Aᵀ(H + δI)⁻¹A, which is positive definite whatever the constraints are, as a dense matrix.</summary>
internal sealed class NormalEquations : IKktFactorization
{
    private readonly ScaledProgram _program;
    private readonly ConeBlock[] _blocks;
    private readonly CholeskyFactor _factor;
    private readonly double[] _whitened;

    public NormalEquations(ScaledProgram program, ConeBlock[] blocks)
    {
        (_program, _blocks) = (program, blocks);
        _factor = new CholeskyFactor(program.Q.Length);
        _whitened = new double[program.B.Length * _factor.Stride];
    }

    public bool TryFactor()
    {
        int stride = _factor.Stride, n = _program.Q.Length;
        for (int i = 0; i < _program.B.Length; i++)
        {
            Span<double> row = _whitened.AsSpan(i * stride, stride);
            _program.A.Row(i).CopyTo(row);

            // A scaling that overflowed before may have left NaN there.
            row[n..].Clear();
        }

        foreach (ConeBlock block in _blocks)
        {
            block.Whiten(_whitened.AsSpan(block.Start * stride, block.Dimension * stride), stride);
        }

        _factor.Reset(_program.P.Values, ConeBlock.Regularisation);
        _factor.AddGram(_whitened);
        return _factor.TryFactor();
    }

    public void Solve(ReadOnlySpan<double> first, ReadOnlySpan<double> second, Span<double> x, Span<double> z, Span<double> s)
    {
        second.CopyTo(z);
        ApplyInverse(z);
        first.CopyTo(x);
        _program.A.AddTransposedProduct(z, x);
        _factor.Solve(x);
        _program.A.Multiply(x, z);
        for (int i = 0; i < z.Length; i++)
        {
            s[i] = second[i] - z[i];
            z[i] = -s[i];
        }

        ApplyInverse(z);
    }

    private void ApplyInverse(Span<double> v)
    {
        foreach (ConeBlock block in _blocks)
        {
            block.ApplyInverse(v.Slice(block.Start, block.Dimension));
        }
    }
}
