using Microsoft.ML.Implicit.Layers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>
/// Dynamics dz/dt = f(t, z, y) of a continuous normalizing flow: a multilayer perceptron whose divergence and
/// vector-Jacobian products have closed forms.
/// </summary>
/// <example><code>
/// var dynamics = new FlowDynamics(dimension: 2, hiddenWidths: [32, 32], generator);
/// var flow = new NormalizingFlow(dynamics);
/// </code></example>
public sealed class FlowDynamics : PerceptronDynamics
{
    /// <summary>Creates dynamics; the initial values are U(±1/√inputs).</summary>
    /// <param name="dimension">Width of the state, at least one.</param>
    /// <param name="hiddenWidths">Widths of the hidden layers, at least one; up to two the exact trace costs one matrix product.</param>
    /// <param name="generator">Source of the initial values.</param>
    /// <param name="activation">Activation of the hidden layers.</param>
    /// <param name="time">How the dynamics depend on time.</param>
    /// <param name="contextWidth">Width of the vector y that the flow is conditioned on, or zero.</param>
    /// <exception cref="ArgumentException">There is no hidden layer.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A width is out of range.</exception>
    public FlowDynamics(
        long dimension,
        ReadOnlySpan<long> hiddenWidths,
        Generator generator,
        DynamicsActivation activation = DynamicsActivation.Tanh,
        FlowTimeConditioning time = FlowTimeConditioning.Concatenate,
        long contextWidth = 0)
        : base(nameof(FlowDynamics), dimension, hiddenWidths, generator, activation, hasTime: true, hasGates: time == FlowTimeConditioning.ConcatSquash, contextWidth)
    {
        if (hiddenWidths.IsEmpty)
        {
            throw new ArgumentException("At least one hidden layer is needed.", nameof(hiddenWidths));
        }

        (Time, ContextWidth) = (time, contextWidth);
    }

    /// <summary>How the dynamics depend on time.</summary>
    public FlowTimeConditioning Time { get; }

    /// <summary>Width of the vector that the flow is conditioned on, or zero.</summary>
    public long ContextWidth { get; }

    /// <summary>Sets the last layer to zero, so that the flow starts as the identity.</summary>
    public void ClearOutput()
    {
        using IDisposable noGrad = no_grad();
        foreach (Tensor parameter in Layers[^1].Parameters)
        {
            parameter.zero_();
        }
    }

    /// <summary>Evaluates f(t, z, y) within autograd.</summary>
    /// <param name="time">t, without dimensions or <c>[batch, 1]</c>.</param>
    /// <param name="state">z, <c>[batch, dimension]</c>.</param>
    /// <param name="context">y, <c>[batch, contextWidth]</c>, where the dynamics have one.</param>
    /// <returns>dz/dt, <c>[batch, dimension]</c>.</returns>
    public Tensor Evaluate(Tensor time, Tensor state, Tensor? context)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(state);
        using DisposeScope scope = NewDisposeScope();
        return EvaluateRows(state, time, context).MoveToOuterDisposeScope();
    }
}
