using Microsoft.ML.Implicit.Layers.Ode.Perceptrons.Managed;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Cuda;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons;

/// <summary>A perceptron with what is integrated beside its state, all in closed form, and what stays the same during a solve.</summary>
internal sealed class PerceptronTerm : AugmentedTerm, IManagedOdeTerm, ICudaOdeTerm
{
    private readonly Tensor? _contextShift;
    private readonly Tensor? _contextCotangent;
    private Tensor? _one;
    private Tensor? _firstTangent;
    private Tensor? _gradient;
    private PerceptronLayerGradient[] _gradientViews = [];

    /// <param name="dynamics">f.</param>
    /// <param name="integrands">What is integrated along.</param>
    /// <param name="directions">eₖ, <c>[k, batch, dimension]</c> or <c>[batch, dimension]</c>, for Jacobian products; <see langword="null"/> where none are needed.</param>
    /// <param name="estimatesTrace">Whether the divergence is Σₖ eₖᵀ ∂f/∂z eₖ rather than the closed form of the trace.</param>
    /// <param name="context">y, <c>[batch, contextWidth]</c>.</param>
    /// <exception cref="ArgumentException">The context does not fit the dynamics.</exception>
    public PerceptronTerm(PerceptronDynamics dynamics, Integrands integrands, Tensor? directions = null, bool estimatesTrace = false, Tensor? context = null)
        : base(dynamics.Dimension, integrands)
    {
        Dynamics = dynamics;
        EstimatesTrace = estimatesTrace;
        Directions = directions;
        Context = context;
        dynamics.RequireContext(context);
        if (context is not null)
        {
            _contextShift = dynamics.Layers[0].ContextShift(context).DetachFromDisposeScope();
            _contextCotangent = zeros_like(_contextShift).DetachFromDisposeScope();
        }

        ConstantTrace = HasClosedTrace && !dynamics.HasGates ? new TraceForm([.. dynamics.Layers.Select(layer => layer.Weight)]) : null;
    }

    public PerceptronDynamics Dynamics { get; }

    public bool EstimatesTrace { get; }

    /// <summary>Whether the divergence is integrated in closed form.</summary>
    public bool HasClosedTrace => Integrands.HasDivergence && !EstimatesTrace;

    public Tensor? Directions { get; }

    public Tensor? Context { get; }

    /// <summary>The closed form of the trace, where it is wanted and does not change with time.</summary>
    public TraceForm? ConstantTrace { get; }

    /// <summary>The number one, without dimensions, of the parameters' type and device.</summary>
    public Tensor One => _one ??= ones([], Dynamics.Layers[0].Bias.dtype, Dynamics.Layers[0].Bias.device).DetachFromDisposeScope();

    /// <summary>eₖW₁ where it does not change with time.</summary>
    public Tensor? FirstTangent => Directions is null || Dynamics.HasGates
        ? null
        : _firstTangent ??= Directions.Times(Dynamics.Layers[0].Weight).DetachFromDisposeScope();

    public override IReadOnlyList<Tensor> Parameters => Dynamics.Parameters;

    /// <summary>Gradient with respect to the context, <c>[batch, contextWidth]</c>, of all pullbacks so far.</summary>
    public Tensor? ContextGradient => _contextCotangent?.mm(Dynamics.Layers[0].ContextWeight!.t());

    public AffineAtTime LayerAt(int layer, double time) => Dynamics.Layers[layer].At(time, ContextShift(layer));

    public Tensor ContextShift(int layer) => layer == 0 && _contextShift is not null ? _contextShift : Dynamics.Layers[layer].ContextShift(null);

    /// <summary>The closed form of the trace for weights at one time.</summary>
    public TraceForm TraceAt(AffineAtTime[] layers) => ConstantTrace ?? new TraceForm([.. layers.Select(layer => layer.Weight)]);

    /// <exception cref="ArgumentException">The state has another width, or the directions or the context are for other rows.</exception>
    public void RequireState(Tensor state)
    {
        long width = Dimension + Integrands.Count;
        if (state.shape is not [.., var last] || last != width)
        {
            throw new ArgumentException($"The state has shape [{string.Join(", ", state.shape)}]; its last dimension must be {width}.", nameof(state));
        }

        long rows = state.numel() / width;
        if (Directions is not null && !Directions.shape.AsSpan(Directions.dim() == 2 ? 0 : 1).SequenceEqual([rows, Dimension]))
        {
            throw new ArgumentException($"Directions have shape [{string.Join(", ", Directions.shape)}] for a state of shape [{string.Join(", ", state.shape)}].", nameof(state));
        }

        if (Context is not null && Context.shape[0] != 1 && Context.shape[0] != rows)
        {
            throw new ArgumentException($"The context has {Context.shape[0]} rows for a state of {rows}.", nameof(state));
        }
    }

    /// <summary>Views of the parts of a flat gradient, made once for a solve's.</summary>
    public PerceptronLayerGradient[] GradientsIn(Tensor flat)
    {
        if (!ReferenceEquals(_gradient, flat))
        {
            using DisposeScope scope = NewDisposeScope();
            DisposeGradientViews();
            long offset = 0;
            _gradientViews = [.. Dynamics.Layers.Select(layer => layer.GradientIn(flat, ref offset))];
            _gradient = flat;
            scope.Detach([.. _gradientViews.SelectMany(gradient => gradient.Views)]);
        }

        return _gradientViews;
    }

    public void AddContextCotangent(Tensor cotangent, Tensor? gate)
    {
        if (gate is null)
        {
            _contextCotangent?.PlusInPlace(cotangent);
        }
        else
        {
            _contextCotangent?.addcmul_(cotangent, gate, 1.Held());
        }
    }

    ManagedDynamics? IManagedOdeTerm.CreateManagedDynamics(Tensor state)
    {
        RequireState(state);
        return ManagedAugmentedDynamics.Suits(this, state) ? new ManagedPerceptron(this) : null;
    }

    CudaDynamics? ICudaOdeTerm.CreateCudaDynamics(Tensor state)
    {
        RequireState(state);
        return PerceptronOnCuda.TryCreate(this, state);
    }

    public override Tensor Evaluate(double time, Tensor state)
    {
        using OdeLinearization linearization = Linearize(time, state);
        return linearization.Value.alias();
    }

    public override OdeLinearization Linearize(double time, Tensor state) => new PerceptronLinearization(this, time, state);

    public override void FinishGradient(Tensor parameterGradient)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        PerceptronLayerGradient[] gradients = GradientsIn(parameterGradient);
        ConstantTrace?.AddWeightGradients([.. gradients.Select(gradient => gradient.Weight)]);
        if (Context is not null)
        {
            gradients[0].Context!.addmm_(Context.t(), _contextCotangent!);
            _contextCotangent!.zero_();
        }
    }

    public override void Dispose()
    {
        foreach (Tensor? tensor in (Tensor?[])[_one, _contextShift, _contextCotangent, _firstTangent])
        {
            tensor?.Dispose();
        }

        DisposeGradientViews();
        ConstantTrace?.Dispose();
    }

    private void DisposeGradientViews()
    {
        foreach (Tensor view in _gradientViews.SelectMany(gradient => gradient.Views))
        {
            view.Dispose();
        }
    }
}
