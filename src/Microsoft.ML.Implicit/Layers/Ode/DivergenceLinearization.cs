using Microsoft.ML.Implicit.Layers.Ode.Perceptrons;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>f(t, z) and Σₖ eₖᵀ ∂f/∂z eₖ at one point, with the vector-Jacobian products of both in closed form.</summary>
/// <remarks>
/// With one random direction e of unit covariance the sum is Hutchinson's estimate of the trace of ∂f/∂z (Grathwohl et
/// al., FFJORD, 2019); with the unit vectors it is the trace.
/// </remarks>
public sealed class DivergenceLinearization : IDisposable
{
    private readonly PerceptronTerm _term;
    private readonly PerceptronEvaluation _evaluation;
    private readonly Tensor _directions;

    /// <param name="dynamics">f.</param>
    /// <param name="time">t.</param>
    /// <param name="state">z, <c>[batch, dimension]</c>.</param>
    /// <param name="directions">eₖ, <c>[k, batch, dimension]</c>.</param>
    internal DivergenceLinearization(PerceptronDynamics dynamics, double time, Tensor state, Tensor directions)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        _term = new PerceptronTerm(dynamics, Integrands.None);
        _directions = directions.alias().DetachFromDisposeScope();
        _evaluation = new PerceptronEvaluation(_term, time, state, _directions);
        Divergence = (Tangents * directions).sum([0, 2]).DetachFromDisposeScope();
    }

    /// <summary>f(t, z), <c>[batch, dimension]</c>.</summary>
    public Tensor Value => _evaluation.Value;

    /// <summary>∂f/∂z eₖ, <c>[k, batch, dimension]</c>.</summary>
    public Tensor Tangents => _evaluation.Tangents!;

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
        return _evaluation.Pullback(valueCotangent, _directions * divergenceCotangent.unsqueeze(-1), null, parameterGradient).Input.MoveToOuterDisposeScope();
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
        (Tensor state, Tensor? directions) = _evaluation.Pullback(valueCotangent, tangentCotangents, null, parameterGradient, wantsTangents: true);
        return (state, directions!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _evaluation.Dispose();
        _term.Dispose();
        _directions.Dispose();
        Divergence.Dispose();
    }
}
