using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Cuda;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>The augmented right-hand side of built-in dynamics, all in closed form.</summary>
internal sealed class PerceptronFlowTerm : FlowTerm, IManagedOdeTerm, ICudaOdeTerm
{
    // Each dimension is one more direction of a Jacobian product.
    private const int LargestExactDimensionOnCuda = 8;

    private readonly Tensor[] _contextShifts;
    private readonly Tensor? _context;
    private readonly Tensor? _contextCotangent;
    private readonly TraceForm? _trace;
    private Tensor? _firstTangent;
    private FlowLayerGradient[]? _gradients;

    /// <param name="dynamics">Dynamics.</param>
    /// <param name="integrands">What is integrated along.</param>
    /// <param name="directions">eₖ, <c>[k, batch, dimension]</c>, for Jacobian products; <see langword="null"/> where none are needed.</param>
    /// <param name="estimatesTrace">Whether the divergence is Σₖ eₖᵀ ∂f/∂z eₖ rather than the closed form of the trace.</param>
    /// <param name="context">y, <c>[batch, contextWidth]</c>.</param>
    public PerceptronFlowTerm(FlowDynamics dynamics, FlowIntegrands integrands, Tensor? directions, bool estimatesTrace, Tensor? context)
        : base(dynamics.Dimension, integrands)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Dynamics = dynamics;
        EstimatesTrace = estimatesTrace;
        Directions = directions;
        Parameters = dynamics.Parameters;
        _context = context;
        _contextShifts = [.. dynamics.Layers.Select((layer, i) => layer.ContextShift(i == 0 ? context : null))];
        _contextCotangent = context is null ? null : zeros_like(_contextShifts[0]);
        One = ones([], Parameters[0].dtype, Parameters[0].device);
        Activation = new FlowActivation(dynamics.Activation, One);
        bool isConstant = dynamics.Time == FlowTimeConditioning.Concatenate;
        _trace = integrands.Divergence && !estimatesTrace && isConstant ? new TraceForm([.. dynamics.Layers.Select(l => (Tensor)l.Weight)]) : null;
        scope.Detach([One, .. _contextShifts, .. new[] { _contextCotangent }.OfType<Tensor>()]);
    }

    public FlowDynamics Dynamics { get; }

    public bool EstimatesTrace { get; }

    public Tensor? Directions { get; }

    public Tensor? Context => _context;

    public FlowActivation Activation { get; }

    public Tensor One { get; }

    /// <summary>eₖW₁ where it does not change with time.</summary>
    public Tensor? FirstTangent => Directions is null || Dynamics.Time != FlowTimeConditioning.Concatenate
        ? null
        : _firstTangent ??= Directions.matmul(Dynamics.Layers[0].Weight).DetachFromDisposeScope();

    public override IReadOnlyList<Tensor> Parameters { get; }

    /// <summary>Gradient with respect to the context, <c>[batch, contextWidth]</c>, of all pullbacks so far.</summary>
    public Tensor? ContextGradient => _contextCotangent?.mm(Dynamics.Layers[0].ContextWeight!.t());

    public AffineAtTime LayerAt(int layer, double time) => Dynamics.Layers[layer].At(time, _contextShifts[layer]);

    public Tensor ContextShift(int layer) => _contextShifts[layer];

    /// <summary>The closed form of the trace for weights at one time.</summary>
    public TraceForm? TraceAt(AffineAtTime[] layers) => !Integrands.Divergence || EstimatesTrace ? null : _trace ?? new TraceForm([.. layers.Select(l => l.Weight)]);

    public TraceForm? ConstantTrace => _trace;

    /// <summary>Views of the flat gradient, made once.</summary>
    public FlowLayerGradient[] GradientsIn(Tensor flat)
    {
        if (_gradients is null)
        {
            using DisposeScope scope = NewDisposeScope();
            long offset = 0;
            _gradients = [.. Dynamics.Layers.Select(layer => layer.GradientIn(flat, ref offset))];
            scope.Detach([.. _gradients.SelectMany(g => g.Views)]);
        }

        return _gradients;
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

    ManagedDynamics? IManagedOdeTerm.CreateManagedDynamics(Tensor state) =>
        ManagedFlow.Supports(this) && ManagedDynamics.Suits(state, Parameters) ? new ManagedEuclideanFlow(this) : null;

    CudaDynamics? ICudaOdeTerm.CreateCudaDynamics(Tensor state)
    {
        bool isExact = Integrands.Divergence && !EstimatesTrace;
        if (Dynamics.Time != FlowTimeConditioning.Concatenate || _context is not null || (isExact && Dimension > LargestExactDimensionOnCuda))
        {
            return null;
        }

        // Unit vectors as directions give the exact trace.
        using DisposeScope scope = NewDisposeScope();
        Tensor[] drawn = Directions is null ? [] : [Directions.dim() == 2 ? Directions.unsqueeze(0) : Directions];
        Tensor[] units = isExact ? [eye(Dimension, dtype: state.dtype, device: state.device).unsqueeze(1).expand(Dimension, state.shape[0], Dimension)] : [];
        Tensor[] parts = [.. drawn, .. units];
        Tensor? directions = parts.Length == 0 ? null : cat(parts);
        int drawnCount = (int)drawn.Sum(d => d.shape[0]);
        Range trace = isExact ? drawnCount..(drawnCount + (int)Dimension) : Integrands.Divergence ? 0..drawnCount : 0..0;
        var integrands = new PerceptronIntegrands(Integrands.Divergence, trace, Integrands.KineticPenalty, Integrands.JacobianPenalty, Integrands.JacobianPenalty > 0 ? 0..drawnCount : 0..0);
        return PerceptronOnCuda.TryCreate(state, Dynamics.Activation, hasTime: true, [.. Dynamics.Layers.Select(l => (Tensor)l.Weight)], Parameters, integrands, directions);
    }

    public override Tensor Evaluate(double time, Tensor state)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        using var evaluation = new PerceptronFlowEvaluation(this, time, state);
        return evaluation.Value.alias().MoveToOuterDisposeScope();
    }

    public override OdeLinearization Linearize(double time, Tensor state)
    {
        using IDisposable noGrad = no_grad();
        return new PerceptronFlowEvaluation(this, time, state);
    }

    public override void FinishGradient(Tensor parameterGradient)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        FlowLayerGradient[] gradients = GradientsIn(parameterGradient);
        _trace?.AddWeightGradients([.. gradients.Select(g => g.Weight)]);
        if (_context is not null)
        {
            gradients[0].Context!.addmm_(_context.t(), _contextCotangent!);
        }
    }

    public override void Dispose()
    {
        foreach (Tensor? tensor in (Tensor?[])[One, _contextCotangent, _firstTangent, .. _contextShifts, .. _gradients?.SelectMany(g => g.Views) ?? []])
        {
            tensor?.Dispose();
        }

        _trace?.Dispose();
    }
}
