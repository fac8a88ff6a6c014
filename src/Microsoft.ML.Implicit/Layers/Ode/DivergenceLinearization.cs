using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>
/// f(t, z) and Σₖ eₖᵀ ∂f/∂z eₖ at one point, with the vector-Jacobian products of both in closed form: tangents go
/// forward through the layers beside the values, and one reverse sweep serves both.
/// </summary>
/// <remarks>
/// With one random direction e of unit covariance the sum is Hutchinson's estimate of the trace of ∂f/∂z (Grathwohl et
/// al., FFJORD, 2019); with the unit vectors it is the trace.
/// </remarks>
public sealed class DivergenceLinearization : IDisposable
{
    private readonly MlpDynamics _dynamics;
    private readonly double _time;
    private readonly double _timeTangent;
    private readonly Tensor _directions;
    private readonly LayerRecord[] _records;

    /// <param name="dynamics">f.</param>
    /// <param name="time">t.</param>
    /// <param name="state">z, <c>[batch, dimension]</c>.</param>
    /// <param name="directions">eₖ, <c>[k, batch, dimension]</c>.</param>
    /// <param name="timeTangent">Rate of time along the directions; zero holds it fixed.</param>
    internal DivergenceLinearization(MlpDynamics dynamics, double time, Tensor state, Tensor directions, double timeTangent = 0)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        _dynamics = dynamics;
        _time = time;
        _directions = directions.alias();
        _records = new LayerRecord[dynamics.Layers.Count];
        Tensor x = state.alias();
        Tensor u = directions.alias();
        for (int i = 0; i < _records.Length; i++)
        {
            Tensor affine = dynamics.Layers[i].Evaluate(time, x);
            Tensor tangent = dynamics.Layers[i].EvaluateTangent(u, timeTangent);
            if (i + 1 == _records.Length)
            {
                _records[i] = new LayerRecord(x, u, null, null, null);
                (x, u) = (affine, tangent);
                break;
            }

            Tensor activated = dynamics.Activation.Activate(affine);
            Tensor derivative = dynamics.Activation.Derivative(activated);
            _records[i] = new LayerRecord(x, u, tangent, activated, derivative);
            (x, u) = (activated, tangent * derivative);
        }

        Value = x;
        Tangents = u;
        _timeTangent = timeTangent;
        Divergence = (u * directions).sum([0, 2]);
        scope.Detach([_directions, Value, Tangents, Divergence, .. _records.SelectMany(r => r.Tensors)]);
    }

    /// <summary>f(t, z), <c>[batch, dimension]</c>.</summary>
    public Tensor Value { get; }

    /// <summary>∂f/∂z eₖ, <c>[k, batch, dimension]</c>.</summary>
    public Tensor Tangents { get; }

    /// <summary>Σₖ eₖᵀ ∂f/∂z eₖ for each row, <c>[batch]</c>.</summary>
    public Tensor Divergence { get; }

    /// <summary>Multiplies cotangents of value and divergence with their Jacobians.</summary>
    /// <param name="valueCotangent">Cotangent of <see cref="Value"/>, <c>[batch, dimension]</c>.</param>
    /// <param name="divergenceCotangent">Cotangent of <see cref="Divergence"/>, <c>[batch]</c>.</param>
    /// <param name="parameterGradient">Flat vector of all parameters' gradients, added to; <see langword="null"/> where it is not wanted.</param>
    /// <returns>Cotangent of z, <c>[batch, dimension]</c>.</returns>
    public Tensor Pullback(Tensor valueCotangent, Tensor divergenceCotangent, Tensor? parameterGradient)
    {
        ArgumentNullException.ThrowIfNull(valueCotangent);
        ArgumentNullException.ThrowIfNull(divergenceCotangent);
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        return PullbackTangents(valueCotangent, _directions * divergenceCotangent.unsqueeze(-1), parameterGradient).State.MoveToOuterDisposeScope();
    }

    /// <summary>Multiplies cotangents of value and tangents with their Jacobians.</summary>
    /// <param name="valueCotangent">Cotangent of <see cref="Value"/>, <c>[batch, dimension]</c>.</param>
    /// <param name="tangentCotangents">Cotangents of <see cref="Tangents"/>, <c>[k, batch, dimension]</c>.</param>
    /// <param name="parameterGradient">Flat vector of all parameters' gradients, added to; <see langword="null"/> where it is not wanted.</param>
    /// <returns>Cotangents of z, <c>[batch, dimension]</c>, and of the directions, <c>[k, batch, dimension]</c>.</returns>
    public (Tensor State, Tensor Directions) PullbackTangents(Tensor valueCotangent, Tensor tangentCotangents, Tensor? parameterGradient)
    {
        ArgumentNullException.ThrowIfNull(valueCotangent);
        ArgumentNullException.ThrowIfNull(tangentCotangents);
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        long offset = _dynamics.Layers.Sum(layer => layer.ParameterCount);
        Tensor x = valueCotangent;
        Tensor u = tangentCotangents;
        for (int i = _records.Length - 1; i >= 0; i--)
        {
            LayerRecord record = _records[i];
            AffineLayer layer = _dynamics.Layers[i];
            if (record.Derivative is { } derivative)
            {
                Tensor second = _dynamics.Activation.SecondDerivative(record.Activated!, derivative);
                x = (x * derivative).addcmul_(second, (u * record.Tangent!).sum(dim: 0), 1.Held());
                u = u * derivative;
            }

            offset -= layer.ParameterCount;
            if (parameterGradient is not null)
            {
                layer.AddTangentGradient(record.InputTangent, _timeTangent, u, parameterGradient, offset);
            }

            x = layer.Pullback(_time, record.Input, x, parameterGradient, offset);
            u = u.Times(layer.Weight.t());
        }

        return (x.MoveToOuterDisposeScope(), u.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _directions.Dispose();
        Value.Dispose();
        Tangents.Dispose();
        Divergence.Dispose();
        foreach (Tensor tensor in _records.SelectMany(r => r.Tensors))
        {
            tensor.Dispose();
        }
    }

    // Input and its tangents; for a hidden layer also the tangents before the activation, its value and its derivative.
    private sealed record LayerRecord(Tensor Input, Tensor InputTangent, Tensor? Tangent, Tensor? Activated, Tensor? Derivative)
    {
        public IEnumerable<Tensor> Tensors => new[] { Input, InputTangent, Tangent, Derivative }.OfType<Tensor>();
    }
}
