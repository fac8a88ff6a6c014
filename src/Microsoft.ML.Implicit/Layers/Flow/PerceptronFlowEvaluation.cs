using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>
/// One evaluation of <see cref="PerceptronFlowTerm"/> with its pullback: tangents go forward through the layers beside
/// the values, and one reverse sweep serves both.
/// </summary>
internal sealed class PerceptronFlowEvaluation : OdeLinearization
{
    private readonly PerceptronFlowTerm _term;
    private readonly double _time;
    private readonly Tensor[] _owned;
    private readonly AffineAtTime[] _layers;
    private readonly Tensor[] _inputs;
    private readonly Tensor?[] _inputTangents;
    private readonly Tensor?[] _tangents;
    private readonly Tensor[] _derivatives;
    private readonly Tensor _slope;
    private readonly TraceForm? _trace;
    private readonly Tensor? _tracePartial;

    public PerceptronFlowEvaluation(PerceptronFlowTerm term, double time, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        (_term, _time) = (term, time);
        int count = term.Dynamics.Layers.Count;
        _layers = new AffineAtTime[count];
        _inputs = new Tensor[count];
        _inputTangents = new Tensor?[count];
        _tangents = new Tensor?[count];
        _derivatives = new Tensor[count - 1];
        Tensor x = state.narrow(1, 0, term.Dimension);
        Tensor? u = term.Directions;
        for (int i = 0; i < count; i++)
        {
            _layers[i] = term.LayerAt(i, time);
            (_inputs[i], _inputTangents[i]) = (x, u);
            x = _layers[i].Shift.addmm(x, _layers[i].Weight);
            _tangents[i] = i == 0 && term.FirstTangent is { } first ? first : u?.matmul(_layers[i].Weight);
            if (i + 1 < count)
            {
                x = term.Activation.Value(x);
                _derivatives[i] = term.Activation.Derivative(x);
                u = _tangents[i]?.mul(_derivatives[i]);
            }
        }

        _slope = x;
        _trace = term.TraceAt(_layers);
        Tensor? divergence = null;
        if (_trace is not null)
        {
            (divergence, _tracePartial) = _trace.Evaluate(_derivatives[0], _derivatives.ElementAtOrDefault(1));
        }
        else if (term.Integrands.Divergence)
        {
            divergence = SumOverDirections(_tangents[^1]! * term.Directions!).sum(1, keepdim: true);
        }

        Value = term.Assemble(_slope, divergence, Penalty());
        _owned = [.. OwnedTensors().Distinct()];
        scope.Detach(_owned);
    }

    public override Tensor Value { get; }

    /// <inheritdoc/>
    public override Tensor Pullback(Tensor cotangent, Tensor? parameterGradient)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        FlowLayerGradient[]? gradients = parameterGradient is null ? null : _term.GradientsIn(parameterGradient);
        Tensor[]? gatedGradients = gradients is not null && _layers[0].Gate is not null ? [.. _layers.Select(l => zeros_like(l.Weight))] : null;
        (Tensor x, Tensor? u) = OutputCotangents(cotangent);
        (Tensor? firstDerivative, Tensor? secondDerivative) = TraceCotangents(cotangent, gradients is not null);
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            if (i < _derivatives.Length)
            {
                Tensor? derivative = i == 0 ? firstDerivative : i == 1 ? secondDerivative : null;
                if (u is not null)
                {
                    Tensor fromTangent = SumOverDirections(u * _tangents[i]!);
                    derivative = derivative?.PlusInPlace(fromTangent) ?? fromTangent;
                    u = u.mul_(_derivatives[i]);
                }

                x = _term.Activation.Pullback(_inputs[i + 1], _derivatives[i], x, derivative);
            }

            if (gradients is not null)
            {
                AddLayerGradient(i, gradients[i], gatedGradients?[i], x, u);
            }

            x = x.mm(_layers[i].Weight.t());
            u = i == 0 ? null : u?.matmul(_layers[i].Weight.t());
        }

        FinishGatedGradients(gradients, gatedGradients);
        Tensor result = _term.Integrands.Count == 0 ? x : cat([x, zeros([x.shape[0], _term.Integrands.Count], x.dtype, x.device)], 1);
        return result.MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        foreach (Tensor tensor in _owned)
        {
            tensor.Dispose();
        }

        if (!ReferenceEquals(_trace, _term.ConstantTrace))
        {
            _trace?.Dispose();
        }
    }

    private static Tensor SumOverDirections(Tensor value) => value.dim() == 2 ? value : value.sum(dim: 0);

    private Tensor? Penalty()
    {
        FlowIntegrands integrands = _term.Integrands;
        Tensor? kinetic = integrands.KineticPenalty > 0 ? _slope.Squared().sum(1, keepdim: true).mul_(integrands.KineticPenalty.Held()) : null;
        if (integrands.JacobianPenalty <= 0)
        {
            return kinetic;
        }

        Tensor jacobian = SumOverDirections(_tangents[^1]!.Squared()).sum(1, keepdim: true);
        return kinetic?.add_(jacobian, alpha: integrands.JacobianPenalty.Held()) ?? jacobian.mul_(integrands.JacobianPenalty.Held());
    }

    // Cotangents of f and, where Jacobian products were computed, of ∂f/∂z e.
    private (Tensor Slope, Tensor? Tangent) OutputCotangents(Tensor cotangent)
    {
        FlowIntegrands integrands = _term.Integrands;
        Tensor slope = cotangent.narrow(1, 0, _term.Dimension);
        Tensor? penalty = integrands.HasPenalty ? cotangent.narrow(1, cotangent.shape[1] - 1, 1) : null;
        if (integrands.KineticPenalty > 0)
        {
            slope = slope.addcmul(_slope, penalty!, (2 * integrands.KineticPenalty).Held());
        }

        Tensor? tangent = _term.EstimatesTrace && integrands.Divergence ? _term.Directions! * cotangent.narrow(1, _term.Dimension, 1) : null;
        if (integrands.JacobianPenalty > 0)
        {
            tangent = tangent?.addcmul_(_tangents[^1]!, penalty!, (2 * integrands.JacobianPenalty).Held()) ?? (_tangents[^1]! * penalty!).mul_((2 * integrands.JacobianPenalty).Held());
        }

        return (slope, tangent);
    }

    private (Tensor? First, Tensor? Second) TraceCotangents(Tensor cotangent, bool wantsParameters) => _trace is null
        ? (null, null)
        : _trace.Pullback(cotangent.narrow(1, _term.Dimension, 1), _derivatives[0], _derivatives.ElementAtOrDefault(1), _tracePartial, wantsParameters);

    private void AddLayerGradient(int layer, FlowLayerGradient gradient, Tensor? gatedGradient, Tensor cotangent, Tensor? tangentCotangent)
    {
        Tensor weightGradient = gatedGradient ?? gradient.Weight;
        weightGradient.addmm_(_inputs[layer].t(), cotangent);
        if (tangentCotangent is not null)
        {
            Tensor inputTangent = _inputTangents[layer]!;
            weightGradient.addmm_(inputTangent.reshape(-1, inputTangent.shape[^1]).t(), tangentCotangent.reshape(-1, tangentCotangent.shape[^1]));
        }

        if (layer == 0)
        {
            _term.AddContextCotangent(cotangent, _layers[0].Gate);
        }

        if (gatedGradient is not null)
        {
            _term.Dynamics.Layers[layer].AddGatedShiftGradient(gradient, _layers[layer], _time, _term.ContextShift(layer), cotangent);
            return;
        }

        Tensor shift = cotangent.sum(dim: 0);
        gradient.Time?.add_(shift, alpha: _time.Held());
        gradient.Bias.PlusInPlace(shift);
    }

    private void FinishGatedGradients(FlowLayerGradient[]? gradients, Tensor[]? gatedGradients)
    {
        if (gradients is null || gatedGradients is null)
        {
            return;
        }

        _trace?.AddWeightGradients(gatedGradients);
        for (int i = 0; i < gatedGradients.Length; i++)
        {
            _term.Dynamics.Layers[i].AddGatedWeightGradient(gradients[i], _layers[i], _time, gatedGradients[i]);
        }
    }

    private IEnumerable<Tensor> OwnedTensors()
    {
        foreach (AffineAtTime layer in _layers)
        {
            foreach (Tensor tensor in layer.Owned)
            {
                yield return tensor;
            }
        }

        foreach (Tensor? tensor in (Tensor?[])[Value, _slope, _tracePartial, .. _inputs, .. _derivatives, .. _inputTangents.Skip(1), .. _tangents.Skip(_term.FirstTangent is null ? 0 : 1)])
        {
            if (tensor is not null)
            {
                yield return tensor;
            }
        }
    }
}
