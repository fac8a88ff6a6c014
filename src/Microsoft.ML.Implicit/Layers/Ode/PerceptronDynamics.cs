using Microsoft.ML.Implicit.Layers.Ode.Perceptrons;
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
/// Dynamics dz/dt = f(t, z) given by a multilayer perceptron over the last dimension of z: values, divergence and vector-Jacobian products
/// are in closed form, and small networks run in kernels of their own on the CPU and the GPU. <see cref="MlpDynamics"/> is one.
/// </summary>
public abstract class PerceptronDynamics : nn.Module<Tensor, Tensor, Tensor>, IDifferentiableOdeTerm, IRowTimeOdeTerm, IManagedOdeTerm, ICudaOdeTerm
{
    private readonly PerceptronLayer[] _layers;

    private protected PerceptronDynamics(
        string name, long dimension, ReadOnlySpan<long> hiddenWidths, Generator generator, DynamicsActivation activation, bool hasTime, bool hasGates, long contextWidth)
        : base(name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(contextWidth);
        ArgumentNullException.ThrowIfNull(generator);
        NativeBackend.EnsureLoaded();
        (Dimension, Activation, HasGates) = (dimension, activation, hasGates);
        long[] widths = [dimension, .. hiddenWidths, dimension];
        _layers = new PerceptronLayer[widths.Length - 1];
        for (int i = 0; i < _layers.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(widths[i + 1], 1, nameof(hiddenWidths));
            bool isFirst = i == 0;
            _layers[i] = new PerceptronLayer(widths[i], widths[i + 1], isFirst ? contextWidth : 0, hasGates || (isFirst && hasTime), hasGates, generator);
        }

        register_module(nameof(_layers), new ModuleList<PerceptronLayer>(_layers));
    }

    /// <summary>Width of the state.</summary>
    public long Dimension { get; }

    /// <summary>Activation of the hidden layers.</summary>
    public DynamicsActivation Activation { get; }

    /// <summary>
    /// For each layer its weight <c>[inputs, outputs]</c>, its weights of context and time where it has them, its bias, and weight and bias of
    /// its gate where it has one.
    /// </summary>
    public IReadOnlyList<Tensor> Parameters => [.. _layers.SelectMany(layer => layer.Parameters)];

    internal IReadOnlyList<PerceptronLayer> Layers => _layers;

    /// <summary>Whether time gates each layer.</summary>
    internal bool HasGates { get; }

    /// <summary>Evaluates f(t, z) within autograd.</summary>
    /// <param name="time">t, without dimensions, or <c>[batch, 1]</c> for a state <c>[batch, dimension]</c>.</param>
    /// <param name="state">z, <c>[..., dimension]</c>.</param>
    /// <returns>dz/dt, of the shape of <paramref name="state"/>.</returns>
    /// <exception cref="ArgumentException">The state has another width, or the dynamics need a context.</exception>
    public override Tensor forward(Tensor time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(state);
        using DisposeScope scope = NewDisposeScope();
        return EvaluateRows(Rows(state), time, null).view(state.shape).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Evaluate(double time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        RequireContext(null);
        using DisposeScope scope = NewDisposeScope();
        return EvaluateRows(Rows(state), (layer, x) => layer.At(time, layer.ContextShift(null)).Apply(x)).view(state.shape).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Evaluate(Tensor times, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(times);
        ArgumentNullException.ThrowIfNull(state);
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = Rows(state);
        Tensor rowTimes = times.view(-1, 1).expand(times.shape[0], rows.shape[0] / times.shape[0]).reshape(-1, 1);
        return EvaluateRows(rows, rowTimes, null).view(state.shape).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public OdeLinearization Linearize(double time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return new PerceptronLinearization(new PerceptronTerm(this, Integrands.None), time, state, ownsTerm: true);
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
            ? new DivergenceLinearization(this, time, Rows(state), directions)
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

    ManagedDynamics? IManagedOdeTerm.CreateManagedDynamics(Tensor state) => ((IManagedOdeTerm)new PerceptronTerm(this, Integrands.None)).CreateManagedDynamics(state);

    CudaDynamics? ICudaOdeTerm.CreateCudaDynamics(Tensor state) => ((ICudaOdeTerm)new PerceptronTerm(this, Integrands.None)).CreateCudaDynamics(state);

    /// <exception cref="ArgumentException">A context is missing or has another width than the dynamics are conditioned on, or there should be none.</exception>
    internal void RequireContext(Tensor? context)
    {
        long width = _layers[0].ContextWeight?.shape[0] ?? 0;
        if (context is null ? width > 0 : context.dim() != 2 || context.shape[1] != width || width == 0)
        {
            string given = context is null ? "There is no context" : $"The context has shape [{string.Join(", ", context.shape)}]";
            throw new ArgumentException($"{given}; the dynamics are conditioned on {width} numbers a row.", nameof(context));
        }
    }

    /// <summary>f with a time for each row or one for all, and a context.</summary>
    /// <param name="rows">z, <c>[batch, dimension]</c>.</param>
    /// <param name="time">t, without dimensions or <c>[batch, 1]</c>.</param>
    /// <param name="context">y, <c>[batch, contextWidth]</c>, where f has one.</param>
    private protected Tensor EvaluateRows(Tensor rows, Tensor time, Tensor? context)
    {
        RequireContext(context);
        PerceptronLayer first = _layers[0];
        return EvaluateRows(rows, (layer, x) => layer.forward(x, time, ReferenceEquals(layer, first) ? context : null));
    }

    private Tensor EvaluateRows(Tensor rows, Func<PerceptronLayer, Tensor, Tensor> apply)
    {
        Tensor x = rows;
        for (int i = 0; i < _layers.Length; i++)
        {
            x = apply(_layers[i], x);
            x = i + 1 < _layers.Length ? Activation.Activate(x) : x;
        }

        return x;
    }

    // Another width that happens to be a multiple would be taken for more rows.
    private Tensor Rows(Tensor state) => state.shape is [.., var width] && width == Dimension
        ? state.reshape(-1, Dimension)
        : throw new ArgumentException($"The state has shape [{string.Join(", ", state.shape)}]; its last dimension must be {Dimension}.", nameof(state));
}
