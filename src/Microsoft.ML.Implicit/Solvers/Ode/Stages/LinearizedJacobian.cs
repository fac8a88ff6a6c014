using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stages;

/// <summary>
/// ∂f/∂z by the products of one linearisation, however many are asked for. Where it has no product with the Jacobian itself, a
/// difference takes its place.
/// </summary>
internal sealed class LinearizedJacobian : StateJacobian
{
    private readonly IDifferentiableOdeTerm _term;
    private readonly double _time;
    private readonly Tensor _state;
    private readonly Tensor? _differenceSteps;
    private readonly OdeLinearization _linearization;
    private DifferencedJacobian? _differences;

    /// <param name="term">f.</param>
    /// <param name="time">t.</param>
    /// <param name="state">z, <c>[rows, ...]</c>.</param>
    /// <param name="differenceSteps">Size of a difference in each element, <c>[rows, width]</c>; <see langword="null"/> where only transposed products are needed.</param>
    public LinearizedJacobian(IDifferentiableOdeTerm term, double time, Tensor state, Tensor? differenceSteps = null)
        : base(state.shape[0], state.numel() / state.shape[0], state)
    {
        _term = term;
        _time = time;
        _linearization = term.LinearizeChecked(time, state);
        _state = state.alias().DetachFromDisposeScope();
        _differenceSteps = differenceSteps?.alias().DetachFromDisposeScope();
    }

    public override int Evaluations => 1 + (_differences?.Evaluations ?? 0);

    public override SparsityPattern? Sparsity => (_term as ISparseOdeTerm)?.Sparsity(_state);

    /// <summary>The linearisation.</summary>
    public OdeLinearization Linearization => _linearization;

    public override Tensor Apply(Tensor vector)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor? product = _linearization.Pushforward(vector.reshape(_state.shape))?.reshape(Rows, Width);
        if (product is null)
        {
            _differences ??= new DifferencedJacobian(_term, _time, _state, _differenceSteps!);
            product = _differences.Apply(vector);
        }

        return product.MoveToOuterDisposeScope();
    }

    public override Tensor ApplyTransposed(Tensor vector) => _linearization.PullbackChecked(vector.reshape(_state.shape), null).reshape(Rows, Width);

    public override void Dispose()
    {
        _differences?.Dispose();
        _linearization.Dispose();
        _state.Dispose();
        _differenceSteps?.Dispose();
    }
}
