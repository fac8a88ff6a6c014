using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Cuda;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using TorchSharp;
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
public sealed class MlpDynamics : nn.Module<Tensor, Tensor, Tensor>, IDifferentiableOdeTerm, IRowTimeOdeTerm, IManagedOdeTerm, ICudaOdeTerm
{
    private readonly ModuleList<AffineLayer> _layers;

    /// <summary>Creates dynamics with torch's default initialisation of linear layers.</summary>
    /// <param name="dimension">Width of the state, at least one.</param>
    /// <param name="hiddenWidths">Widths of the hidden layers; empty for affine dynamics.</param>
    /// <param name="generator">Source of the initial values.</param>
    /// <param name="activation">Activation of the hidden layers.</param>
    /// <param name="time">How the dynamics depend on time.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width is less than one.</exception>
    public MlpDynamics(long dimension, ReadOnlySpan<long> hiddenWidths, Generator generator, DynamicsActivation activation = DynamicsActivation.Tanh, TimeConditioning time = TimeConditioning.None)
        : base(nameof(MlpDynamics))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentNullException.ThrowIfNull(generator);
        NativeBackend.EnsureLoaded();
        Dimension = dimension;
        Activation = activation;
        Time = time;
        _layers = new ModuleList<AffineLayer>();
        long inputs = dimension;
        foreach (long width in (long[])[.. hiddenWidths, dimension])
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(width, 1, nameof(hiddenWidths));
            _layers.Add(new AffineLayer(inputs, width, time == TimeConditioning.Concatenate && _layers.Count == 0, generator));
            inputs = width;
        }

        RegisterComponents();
    }

    /// <summary>Width of the state.</summary>
    public long Dimension { get; }

    /// <summary>Activation of the hidden layers.</summary>
    public DynamicsActivation Activation { get; }

    /// <summary>How the dynamics depend on time.</summary>
    public TimeConditioning Time { get; }

    /// <summary>Weights of each layer, <c>[inputs, outputs]</c>.</summary>
    public IReadOnlyList<Parameter> Weights => [.. _layers.Select(l => l.Weight)];

    /// <summary>Biases of each layer, <c>[outputs]</c>.</summary>
    public IReadOnlyList<Parameter> Biases => [.. _layers.Select(l => l.Bias)];

    /// <summary>Weights of time in the first layer, <c>[outputs]</c>, where time is concatenated.</summary>
    public Parameter? TimeWeight => _layers[0].TimeWeight;

    /// <summary>For each layer its weight, its weight of time where it has one, and its bias.</summary>
    public IReadOnlyList<Tensor> Parameters => [.. _layers.SelectMany(l => l.Parameters)];

    internal ModuleList<AffineLayer> Layers => _layers;

    /// <summary>Evaluates f(t, z) within autograd.</summary>
    /// <param name="time">t, a tensor with one element; it is read by the host, and no gradient flows into it.</param>
    /// <param name="state">z, <c>[..., dimension]</c>.</param>
    /// <returns>dz/dt, of the shape of <paramref name="state"/>.</returns>
    public override Tensor forward(Tensor time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(time);
        return Evaluate(time.to(ScalarType.Float64).item<double>(), state);
    }

    /// <inheritdoc/>
    public Tensor Evaluate(double time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using DisposeScope scope = NewDisposeScope();
        Tensor x = Rows(state);
        for (int i = 0; i < _layers.Count; i++)
        {
            x = _layers[i].Evaluate(time, x);
            if (i + 1 < _layers.Count)
            {
                x = Activation.Activate(x);
            }
        }

        return x.view(state.shape).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Evaluate(Tensor times, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(times);
        ArgumentNullException.ThrowIfNull(state);
        using DisposeScope scope = NewDisposeScope();
        Tensor x = Rows(state).view(times.shape[0], -1, Dimension);
        for (int i = 0; i < _layers.Count; i++)
        {
            x = _layers[i].Evaluate(times, x);
            if (i + 1 < _layers.Count)
            {
                x = Activation.Activate(x);
            }
        }

        return x.reshape(state.shape).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public OdeLinearization Linearize(double time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        var inputs = new Tensor[_layers.Count];
        Tensor x = Rows(state);
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = ReferenceEquals(x, state) ? x.alias() : x;
            x = _layers[i].Evaluate(time, x);
            if (i + 1 < inputs.Length)
            {
                x = Activation.Activate(x);
            }
        }

        Tensor value = x.view(state.shape);
        scope.Detach([.. inputs, value]);
        return new Linearization(this, time, inputs, value);
    }

    /// <summary>Evaluates f(t, z) and Σₖ eₖᵀ ∂f/∂z eₖ, and keeps what their vector-Jacobian products need.</summary>
    /// <param name="time">t.</param>
    /// <param name="state">z, <c>[batch, dimension]</c>.</param>
    /// <param name="directions">eₖ, <c>[k, batch, dimension]</c>: one random direction a row estimates the trace of the Jacobian, <see cref="UnitDirections"/> gives it exactly.</param>
    /// <returns>Both values with their pullback. The caller disposes it.</returns>
    /// <exception cref="ArgumentException">The directions do not have the shape of the state.</exception>
    public DivergenceLinearization LinearizeWithDivergence(double time, Tensor state, Tensor directions)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(directions);
        return directions.dim() == 3 && directions.shape.AsSpan(1).SequenceEqual(state.shape)
            ? new DivergenceLinearization(this, time, state, directions)
            : throw new ArgumentException($"Directions have shape [{string.Join(", ", directions.shape)}] for a state of shape [{string.Join(", ", state.shape)}].", nameof(directions));
    }

    /// <summary>The unit vectors as directions for <see cref="LinearizeWithDivergence"/>.</summary>
    /// <param name="like">A state, <c>[batch, dimension]</c>, for its batch size, type and device.</param>
    /// <returns><c>[dimension, batch, dimension]</c>, without memory of its own for the batch.</returns>
    public Tensor UnitDirections(Tensor like)
    {
        ArgumentNullException.ThrowIfNull(like);
        using DisposeScope scope = NewDisposeScope();
        return eye(Dimension, dtype: like.dtype, device: like.device).unsqueeze(1).expand(Dimension, like.shape[0], Dimension).MoveToOuterDisposeScope();
    }

    // Another width that happens to be a multiple would be taken for more rows.
    private Tensor Rows(Tensor state) => state.shape is [.., var width] && width == Dimension
        ? state.reshape(-1, Dimension)
        : throw new ArgumentException($"The state has shape [{string.Join(", ", state.shape)}]; its last dimension must be {Dimension}.", nameof(state));

    ManagedDynamics? IManagedOdeTerm.CreateManagedDynamics(Tensor state) =>
        state.shape[^1] == Dimension && ManagedDynamics.Suits(state, Parameters) ? new ManagedMlp(this) : null;

    CudaDynamics? ICudaOdeTerm.CreateCudaDynamics(Tensor state) =>
        PerceptronOnCuda.TryCreate(state, Activation, Time == TimeConditioning.Concatenate, Weights, Parameters);

    private sealed class Linearization(MlpDynamics dynamics, double time, Tensor[] inputs, Tensor value) : OdeLinearization
    {
        public override Tensor Value => value;

        public override Tensor Pullback(Tensor cotangent, Tensor? parameterGradient)
        {
            using IDisposable noGrad = no_grad();
            using DisposeScope scope = NewDisposeScope();
            long offset = dynamics.Layers.Sum(layer => layer.ParameterCount);
            Tensor x = cotangent.reshape(-1, dynamics.Dimension);
            for (int i = inputs.Length - 1; i >= 0; i--)
            {
                offset -= dynamics.Layers[i].ParameterCount;
                x = dynamics.Layers[i].Pullback(time, inputs[i], x, parameterGradient, offset);
                if (i > 0)
                {
                    x = dynamics.Activation.MultiplyByDerivative(x, inputs[i]);
                }
            }

            return x.view(cotangent.shape).MoveToOuterDisposeScope();
        }

        protected override void Dispose(bool disposing)
        {
            value.Dispose();
            foreach (Tensor input in inputs)
            {
                input.Dispose();
            }
        }
    }
}
