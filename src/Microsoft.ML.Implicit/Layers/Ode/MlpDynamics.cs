using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>
/// Dynamics dz/dt = f(t, z) given by a multilayer perceptron over the last dimension of z, with vector-Jacobian products
/// in closed form.
/// </summary>
/// <example><code>
/// var dynamics = new MlpDynamics(dimension: 2, hiddenWidths: [32], generator);
/// var layer = new NeuralOde(dynamics);
/// Tensor start = randn(64, 2, generator: generator);
/// Tensor times = tensor(new[] { 0.0, 0.5, 1.0 });
/// Tensor states = layer.forward(start, times);                // [3, 64, 2]
/// ImplicitBackward.Run(() =&gt; states[-1].pow(2).mean().backward());
/// </code></example>
public sealed class MlpDynamics : PerceptronDynamics
{
    /// <summary>Creates dynamics with torch's default initialisation of linear layers.</summary>
    /// <param name="dimension">Width of the state, at least one.</param>
    /// <param name="hiddenWidths">Widths of the hidden layers; empty for affine dynamics.</param>
    /// <param name="generator">Source of the initial values.</param>
    /// <param name="activation">Activation of the hidden layers.</param>
    /// <param name="time">How the dynamics depend on time.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width is less than one.</exception>
    public MlpDynamics(long dimension, ReadOnlySpan<long> hiddenWidths, Generator generator, DynamicsActivation activation = DynamicsActivation.Tanh, TimeConditioning time = TimeConditioning.None)
        : base(nameof(MlpDynamics), dimension, hiddenWidths, generator, activation, time == TimeConditioning.Concatenate, hasGates: false, contextWidth: 0)
    {
        Time = time;
    }

    /// <summary>How the dynamics depend on time.</summary>
    public TimeConditioning Time { get; }

    /// <summary>Weights of each layer, <c>[inputs, outputs]</c>.</summary>
    public IReadOnlyList<Parameter> Weights => [.. Layers.Select(layer => layer.Weight)];

    /// <summary>Biases of each layer, <c>[outputs]</c>.</summary>
    public IReadOnlyList<Parameter> Biases => [.. Layers.Select(layer => layer.Bias)];

    /// <summary>Weights of time in the first layer, <c>[outputs]</c>, where time is concatenated.</summary>
    public Parameter? TimeWeight => Layers[0].TimeWeight;
}
