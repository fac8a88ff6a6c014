using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons;

/// <summary>A perceptron at one point and what is integrated beside its state, with their pullback in closed form.</summary>
internal sealed class PerceptronLinearization : OdeLinearization
{
    private readonly PerceptronTerm _term;
    private readonly bool _ownsTerm;
    private readonly PerceptronEvaluation _evaluation;
    private readonly PerceptronEvaluation? _second;

    /// <param name="term">The perceptron with its integrands.</param>
    /// <param name="time">t.</param>
    /// <param name="state"><c>[..., dimension + integrals]</c>.</param>
    /// <param name="ownsTerm">Whether the term serves this point alone and is disposed with it.</param>
    public PerceptronLinearization(PerceptronTerm term, double time, Tensor state, bool ownsTerm = false)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        (_term, _ownsTerm) = (term, ownsTerm);
        term.RequireState(state);
        Tensor rows = state.reshape(-1, state.shape[^1]).narrow(1, 0, term.Dimension);
        _evaluation = new PerceptronEvaluation(term, time, rows, term.Directions, term.HasClosedTrace);

        // d²z/dt² = ∂f/∂z f + ∂f/∂t is the tangent along (f, 1).
        _second = term.Integrands.HasSecondDerivative ? new PerceptronEvaluation(term, time, rows, _evaluation.Value, timeTangent: 1) : null;
        Tensor value = term.Integrands.Append(_evaluation.Value, Divergence(), _evaluation.Tangents, _second?.Tangents);
        Value = value.view(state.shape).DetachFromDisposeScope();
    }

    public override Tensor Value { get; }

    /// <inheritdoc/>
    public override Tensor Pullback(Tensor cotangent, Tensor? parameterGradient)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Integrands integrands = _term.Integrands;
        Tensor rows = cotangent.reshape(-1, _term.Dimension + integrands.Count);
        if (integrands.Count == 0)
        {
            return _evaluation.Pullback(rows, null, null, parameterGradient).Input.view(cotangent.shape).MoveToOuterDisposeScope();
        }

        Tensor columns = rows.narrow(1, _term.Dimension, integrands.Count);
        Tensor slope = integrands.AddCotangentOfSquares(column => column.KineticEnergy, columns, _evaluation.Value, rows.narrow(1, 0, _term.Dimension))!;
        Tensor? ofDivergence = integrands.HasDivergence ? columns.narrow(1, integrands.DivergenceColumn, 1) : null;
        Tensor? fromSecond = null;
        if (_second is not null)
        {
            Tensor tangents = integrands.AddCotangentOfSquares(column => column.SecondDerivative, columns, _second.Tangents!, null)!;
            (fromSecond, Tensor? ofSlope) = _second.Pullback(zeros_like(slope), tangents, null, parameterGradient, wantsTangents: true);
            slope = slope.Plus(ofSlope!);
        }

        Tensor? products = _term.EstimatesTrace && ofDivergence is not null ? _term.Directions! * ofDivergence : null;
        products = integrands.HasJacobianNorm ? integrands.AddCotangentOfSquares(column => column.JacobianNorm, columns, _evaluation.Tangents!, products) : products;
        Tensor state = _evaluation.Pullback(slope, products, ofDivergence, parameterGradient).Input;
        state = fromSecond is null ? state : state.Plus(fromSecond);
        return integrands.Extend(state).view(cotangent.shape).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        _evaluation.Dispose();
        _second?.Dispose();
        Value.Dispose();
        if (_ownsTerm)
        {
            _term.Dispose();
        }
    }

    private Tensor? Divergence() => _term.HasClosedTrace
        ? _evaluation.Trace
        : _term.Integrands.HasDivergence ? Integrands.SumOverDirections(_evaluation.Tangents! * _term.Directions!).sum(1, keepdim: true) : null;
}
