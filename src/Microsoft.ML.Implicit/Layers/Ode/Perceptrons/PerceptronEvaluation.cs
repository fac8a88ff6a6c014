using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons;

/// <summary>
/// A perceptron at one point, with its Jacobian's products along tangents and the trace where they are asked for, and the pullback of all:
/// tangents go forward through the layers beside the values, and one reverse sweep serves both.
/// </summary>
internal sealed class PerceptronEvaluation : IDisposable
{
    private readonly PerceptronTerm _term;
    private readonly double _time;
    private readonly double _timeTangent;
    private readonly AffineAtTime[] _layers;
    private readonly Tensor[] _inputs;
    private readonly Tensor?[] _inputTangents;
    private readonly Tensor?[] _tangents;
    private readonly Tensor?[] _derivatives;
    private readonly TraceForm? _trace;
    private readonly Tensor? _tracePartial;
    private readonly Tensor[] _owned;

    /// <param name="term">The perceptron with what stays the same during a solve.</param>
    /// <param name="time">t.</param>
    /// <param name="input">z, <c>[batch, dimension]</c>.</param>
    /// <param name="tangents">Tangents of z, <c>[k, batch, dimension]</c> or <c>[batch, dimension]</c>, which the caller keeps; or <see langword="null"/>.</param>
    /// <param name="wantsTrace">Whether the closed form of the trace is wanted.</param>
    /// <param name="timeTangent">Rate of time along the tangents; zero holds it fixed.</param>
    public PerceptronEvaluation(PerceptronTerm term, double time, Tensor input, Tensor? tangents, bool wantsTrace = false, double timeTangent = 0)
    {
        using DisposeScope scope = NewDisposeScope();
        (_term, _time, _timeTangent) = (term, time, timeTangent);
        int count = term.Dynamics.Layers.Count;
        _layers = new AffineAtTime[count];
        _inputs = new Tensor[count];
        _inputTangents = new Tensor?[count];
        _tangents = new Tensor?[count];
        _derivatives = new Tensor?[count - 1];
        DynamicsActivation activation = term.Dynamics.Activation;
        Tensor? firstTangent = ReferenceEquals(tangents, term.Directions) ? term.FirstTangent : null;
        Tensor x = input.alias();
        Tensor? u = tangents;
        for (int i = 0; i < count; i++)
        {
            _layers[i] = term.LayerAt(i, time);
            (_inputs[i], _inputTangents[i]) = (x, u);
            x = _layers[i].Apply(x);
            _tangents[i] = i == 0 && firstTangent is not null ? firstTangent : u is null ? null : ApplyToTangent(i, u);
            if (i + 1 < count)
            {
                x = activation.Activate(x);
                _derivatives[i] = u is null && !wantsTrace ? null : activation.Derivative(x, term.One);
                u = _tangents[i]?.mul(_derivatives[i]!);
            }
        }

        Value = x;
        if (wantsTrace)
        {
            _trace = term.TraceAt(_layers);
            (Trace, _tracePartial) = _trace.Evaluate(_derivatives[0]!, _derivatives.ElementAtOrDefault(1));
        }

        _owned = [.. OwnedTensors(firstTangent).OfType<Tensor>().Distinct()];
        scope.Detach(_owned);
    }

    /// <summary>f(t, z), <c>[batch, dimension]</c>.</summary>
    public Tensor Value { get; }

    /// <summary>∂f/∂z u for each tangent u, of their shape.</summary>
    public Tensor? Tangents => _tangents[^1];

    /// <summary>tr ∂f/∂z for each row, <c>[batch, 1]</c>.</summary>
    public Tensor? Trace { get; }

    /// <summary>Multiplies cotangents with the Jacobians.</summary>
    /// <param name="value">Cotangent of <see cref="Value"/>.</param>
    /// <param name="tangents">Cotangent of <see cref="Tangents"/>; <see langword="null"/> for zero.</param>
    /// <param name="trace">Cotangent of <see cref="Trace"/>, where there is one.</param>
    /// <param name="parameterGradient">Flat vector of all parameters' gradients, added to; <see langword="null"/> where it is not wanted.</param>
    /// <param name="wantsTangents">Whether the cotangents of the tangents of z are wanted.</param>
    /// <returns>Cotangents of z and, where they are wanted, of its tangents.</returns>
    public (Tensor Input, Tensor? Tangents) Pullback(Tensor value, Tensor? tangents, Tensor? trace, Tensor? parameterGradient, bool wantsTangents = false)
    {
        using DisposeScope scope = NewDisposeScope();
        PerceptronLayerGradient[]? gradients = parameterGradient is null ? null : _term.GradientsIn(parameterGradient);
        Tensor[]? gatedGradients = gradients is not null && _term.Dynamics.HasGates ? [.. _layers.Select(layer => zeros_like(layer.Weight))] : null;
        (Tensor? firstDerivative, Tensor? secondDerivative) = _trace is null
            ? (null, null)
            : _trace.Pullback(trace!, _derivatives[0]!, _derivatives.ElementAtOrDefault(1), _tracePartial, gradients is not null);
        Tensor x = value;
        Tensor? u = tangents;
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            if (i < _derivatives.Length)
            {
                (x, u) = PullbackActivation(i, x, u, i == 0 ? firstDerivative : i == 1 ? secondDerivative : null);
            }

            if (gradients is not null)
            {
                AddLayerGradient(i, gradients[i], gatedGradients?[i], x, u);
            }

            x = _layers[i].ApplyTransposed(x);
            u = u is null || (i == 0 && !wantsTangents) ? null : _layers[i].ApplyTransposed(u);
        }

        FinishGatedGradients(gradients, gatedGradients);
        return (x.MoveToOuterDisposeScope(), u?.MoveToOuterDisposeScope());
    }

    public void Dispose()
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

    private Tensor ApplyToTangent(int layer, Tensor tangent)
    {
        Tensor product = _layers[layer].ApplyLinear(tangent);
        return _timeTangent == 0 || _term.Dynamics.Layers[layer].TimeWeight is not { } timeWeight ? product : product.add_(timeWeight, alpha: _timeTangent.Held());
    }

    // From the cotangents of an activation's value and tangents to those of what it was applied to, in place where they came from a layer.
    private (Tensor Value, Tensor? Tangents) PullbackActivation(int layer, Tensor value, Tensor? tangents, Tensor? ofDerivative)
    {
        DynamicsActivation activation = _term.Dynamics.Activation;
        Tensor activated = _inputs[layer + 1];
        if (_derivatives[layer] is not { } derivative)
        {
            return (activation.MultiplyByDerivative(value, activated), null);
        }

        if (tangents is not null)
        {
            Tensor fromTangents = Integrands.SumOverDirections(tangents * _tangents[layer]!);
            ofDerivative = ofDerivative?.PlusInPlace(fromTangents) ?? fromTangents;
            tangents = tangents.mul_(derivative);
        }

        return (activation.Pullback(activated, derivative, value, ofDerivative), tangents);
    }

    private void AddLayerGradient(int layer, PerceptronLayerGradient gradient, Tensor? gatedGradient, Tensor cotangent, Tensor? tangentCotangent)
    {
        Tensor weightGradient = gatedGradient ?? gradient.Weight;
        weightGradient.addmm_(_inputs[layer].t(), cotangent);
        if (tangentCotangent is not null)
        {
            Tensor inputTangent = _inputTangents[layer]!;
            Tensor rows = tangentCotangent.reshape(-1, tangentCotangent.shape[^1]);
            weightGradient.addmm_(inputTangent.reshape(-1, inputTangent.shape[^1]).t(), rows);
            if (_timeTangent != 0)
            {
                gradient.Time?.add_(rows.sum(dim: 0), alpha: _timeTangent.Held());
            }
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

    private void FinishGatedGradients(PerceptronLayerGradient[]? gradients, Tensor[]? gatedGradients)
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

    // Shifts were needed for the value alone, and parameters and the first tangents belong to others.
    private IEnumerable<Tensor?> OwnedTensors(Tensor? firstTangent) =>
    [
        Value, Trace, _tracePartial, .. _inputs, .. _derivatives, .. _inputTangents.Skip(1), .. _tangents.Skip(firstTangent is null ? 0 : 1),
        .. _layers.SelectMany(layer => layer.Gate is null ? [] : new[] { layer.Weight, layer.Gate }),
    ];
}
