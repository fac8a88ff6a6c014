using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;

namespace Microsoft.ML.Implicit.Solvers.Conic.Systems;

/// <summary>The factorisation of a dense matrix.</summary>
internal sealed class DenseNormalFactorization : INormalFactorization
{
    private readonly ScaledProgram _program;
    private readonly ConeBlock[] _blocks;
    private readonly CholeskyFactor _factor;
    private readonly double[] _whitened;

    public DenseNormalFactorization(ScaledProgram program, ConeBlock[] blocks)
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

    public void Solve(Span<double> x) => _factor.Solve(x);
}
