using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stages;

/// <summary>A diagonally implicit Runge-Kutta method over tensors.</summary>
internal sealed class ImplicitRungeKuttaStepper : TensorStepper
{
    private readonly DiagonallyImplicitRungeKutta _method;
    private readonly ImplicitStages _stages;
    private double _size;
    private bool _firstReady;

    /// <param name="term">Right-hand side, whose rows do not depend on one another.</param>
    /// <param name="method">Method.</param>
    /// <param name="initialState"><c>[batch, ...]</c>.</param>
    /// <param name="outputs"><c>[times, batch * ...]</c>, written.</param>
    /// <param name="extent">What of the flat state the error norm covers.</param>
    public ImplicitRungeKuttaStepper(IOdeTerm term, DiagonallyImplicitRungeKutta method, Tensor initialState, Tensor outputs, StateExtent extent)
        : base(initialState, outputs)
    {
        _method = method;
        _stages = new ImplicitStages(term, method, initialState, extent);
    }

    public override double EstimateInitialStep(OdeSegment segment, AdaptiveStepControl control)
    {
        using DisposeScope scope = NewDisposeScope();
        EvaluateFirst(segment.Clamp(segment.Start));
        double step = InitialStep.Estimate(segment, control, _method.Order, State, _stages.Values.Row(0), _stages.Evaluate, values => [.. values.Select(_stages.Norm)]);
        Evaluations = _stages.Evaluations;
        return step;
    }

    public override double TryStep(OdeStep step, AdaptiveStepControl? control)
    {
        using DisposeScope scope = NewDisposeScope();
        _size = step.Size;
        EvaluateFirst(step.At(0));
        Tensor? end = _stages.Solve(step, State, control);
        Evaluations = _stages.Evaluations;
        if (end is null && control is not null)
        {
            return double.NaN;
        }

        Trial = end ?? full_like(State, double.NaN.Held());
        return control is null ? 0 : Math.Abs(step.Size) * _stages.Norm(_stages.WeightedError(State, Trial, control));
    }

    public override void Accept()
    {
        _stages.Advance();
        base.Accept();
    }

    public override void Restart() => _firstReady = false;

    protected override double[] RowErrors(AdaptiveStepControl control)
    {
        using DisposeScope scope = NewDisposeScope();
        return _stages.LastChange is { } change
            ? RowNorms(change)
            : Array.ConvertAll(RowNorms(_stages.WeightedError(State, Trial, control)), error => Math.Abs(_size) * error);
    }

    protected override Tensor Interpolate(ReadOnlySpan<double> thetas) => _stages.Values.Interpolate(State, _size, thetas);

    protected override void Dispose(bool disposing)
    {
        _stages.Dispose();
        base.Dispose(disposing);
    }

    // The end stage of the last step is this one's first, unless f jumps between them.
    private void EvaluateFirst(double time)
    {
        if (!_firstReady)
        {
            _stages.EvaluateFirst(time, State);
            _firstReady = true;
        }
    }
}
