using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Terms;

/// <summary>
/// A right-hand side some of whose rows stand still: it is zero there, whatever their states are and with no gradient. In their place the state of another row is evaluated, so that nothing of a
/// pole is seen by the others.
/// </summary>
internal class HeldRows : IOdeTerm
{
    private readonly IOdeTerm _term;
    private readonly int[] _rows;
    private readonly int _other;

    private HeldRows(IOdeTerm term, int[] rows) => (_term, _rows, _other) = (term, rows, Enumerable.Range(0, rows.Length + 1).Except(rows).First());

    /// <summary>Holds rows.</summary>
    /// <param name="term">Right-hand side.</param>
    /// <param name="rows">Which rows.</param>
    public static IOdeTerm Create(IOdeTerm term, int[] rows) => term is IDifferentiableOdeTerm differentiable ? new Differentiable(differentiable, rows) : new HeldRows(term, rows);

    /// <summary>A tensor with zeros in the place of some of its rows.</summary>
    /// <param name="tensor">Rows in some dimension.</param>
    /// <param name="dimension">The dimension.</param>
    /// <param name="rows">Which rows.</param>
    public static Tensor Clear(Tensor tensor, long dimension, int[] rows) => tensor.index_fill(dimension, Indices(tensor, rows), 0.Held());

    public Tensor Evaluate(double time, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        return Clear(_term.EvaluateChecked(time, Replace(state)), 0, _rows).MoveToOuterDisposeScope();
    }

    public sealed override string? ToString() => _term.ToString();

    private static Tensor Indices(Tensor like, int[] rows) => tensor(Array.ConvertAll(rows, row => (long)row), device: like.device);

    private Tensor Replace(Tensor state)
    {
        if (_other == state.shape[0])
        {
            return zeros_like(state);
        }

        Tensor other = state.detach().narrow(0, _other, 1);
        return state.index_copy(0, Indices(state, _rows), other.expand([_rows.Length, .. state.shape[1..]]));
    }

    private sealed class Differentiable(IDifferentiableOdeTerm term, int[] rows) : HeldRows(term, rows), IRebindableOdeTerm, ISparseOdeTerm
    {
        public IReadOnlyList<Tensor> Parameters => term.Parameters;

        public OdeLinearization Linearize(double time, Tensor state)
        {
            using DisposeScope scope = NewDisposeScope();
            return new Linearization(term.LinearizeChecked(time, Replace(state)), _rows);
        }

        public SparsityPattern? Sparsity(Tensor state) => (term as ISparseOdeTerm)?.Sparsity(state);

        public IDifferentiableOdeTerm Rebind(IReadOnlyList<Tensor> parameters) => new Differentiable(IRebindableOdeTerm.Bind(term, parameters), _rows);
    }

    private sealed class Linearization(OdeLinearization linearization, int[] rows) : OdeLinearization
    {
        public override Tensor Value { get; } = Clear(linearization.Value, 0, rows).DetachFromDisposeScope();

        public override Tensor Pullback(Tensor cotangent, Tensor? parameterGradient)
        {
            using DisposeScope scope = NewDisposeScope();
            return Clear(linearization.PullbackChecked(Clear(cotangent, 0, rows), parameterGradient), 0, rows).MoveToOuterDisposeScope();
        }

        public override Tensor? Pushforward(Tensor tangent)
        {
            using DisposeScope scope = NewDisposeScope();
            return linearization.Pushforward(Clear(tangent, 0, rows)) is { } product ? Clear(product, 0, rows).MoveToOuterDisposeScope() : null;
        }

        public override string? ToString() => linearization.ToString();

        protected override void Dispose(bool disposing)
        {
            linearization.Dispose();
            Value.Dispose();
        }
    }
}
