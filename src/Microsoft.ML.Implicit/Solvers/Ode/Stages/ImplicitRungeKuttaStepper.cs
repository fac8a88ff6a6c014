using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stages;

/// <summary>A diagonally implicit Runge-Kutta method over tensors.</summary>
internal sealed class ImplicitRungeKuttaStepper : OdeStepper
{
    private readonly DiagonallyImplicitRungeKutta _method;
    private readonly long[] _shape;
    private readonly Tensor _outputs;
    private readonly ImplicitStages _stages;
    private Tensor _state;
    private Tensor _trial;
    private double _size;
    private bool _firstReady;

    /// <param name="term">Right-hand side, whose rows do not depend on one another.</param>
    /// <param name="method">Method.</param>
    /// <param name="initialState"><c>[batch, ...]</c>.</param>
    /// <param name="outputs"><c>[times, batch * ...]</c>, written.</param>
    /// <param name="extent">What of the flat state the error norm covers.</param>
    public ImplicitRungeKuttaStepper(IOdeTerm term, DiagonallyImplicitRungeKutta method, Tensor initialState, Tensor outputs, StateExtent extent)
    {
        _method = method;
        _shape = initialState.shape;
        _outputs = outputs;
        _state = initialState.reshape(-1).clone().DetachFromDisposeScope();
        _trial = _state;
        _stages = new ImplicitStages(term, method, initialState, extent);
    }

    public override int RowCount => (int)_shape[0];

    public override double EstimateInitialStep(OdeSegment segment, AdaptiveStepControl control)
    {
        using DisposeScope scope = NewDisposeScope();
        EvaluateFirst(segment.Clamp(segment.Start));
        double step = InitialStep.Estimate(segment, control, _method.Order, _state, _stages.Values.Row(0), _stages.Evaluate, values => [.. values.Select(_stages.Norm)]);
        Evaluations = _stages.Evaluations;
        return step;
    }

    public override double TryStep(OdeStep step, AdaptiveStepControl? control)
    {
        using DisposeScope scope = NewDisposeScope();
        _size = step.Size;
        EvaluateFirst(step.At(0));
        Tensor? end = _stages.Solve(step, _state, control);
        Evaluations = _stages.Evaluations;
        if (end is null && control is not null)
        {
            return double.NaN;
        }

        ReplaceTrial(end ?? full_like(_state, double.NaN.Held()));
        return control is null ? 0 : _stages.Error(step.Size, _state, _trial, control);
    }

    public override void WriteOutputs(int firstOutput, ReadOnlySpan<double> thetas)
    {
        using DisposeScope scope = NewDisposeScope();
        int inside = thetas is [.., 1.0] ? thetas.Length - 1 : thetas.Length;
        if (inside > 0)
        {
            _outputs.narrow(0, firstOutput, inside).copy_(_stages.Values.Interpolate(_state, _size, thetas[..inside]));
        }

        if (inside < thetas.Length)
        {
            _outputs[firstOutput + inside].copy_(_trial);
        }
    }

    public override void Accept()
    {
        _stages.Advance();
        _state.Dispose();
        _state = _trial;
    }

    public override void Restart() => _firstReady = false;

    public override Tensor CopyState() => _state.clone();

    public override bool[] FindRowsNotFinite()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor trialNotFinite = _trial.isfinite().view(_shape[0], -1).all(1).logical_not();
        return [.. _stages.FindRowsNotFinite().logical_or(trialNotFinite).cpu().data<bool>()];
    }

    protected override void Dispose(bool disposing)
    {
        if (!ReferenceEquals(_trial, _state))
        {
            _trial.Dispose();
        }

        _state.Dispose();
        _stages.Dispose();
    }

    // The end stage of the last step is this one's first, unless f jumps between them.
    private void EvaluateFirst(double time)
    {
        if (!_firstReady)
        {
            _stages.EvaluateFirst(time, _state);
            _firstReady = true;
        }
    }

    private void ReplaceTrial(Tensor value)
    {
        if (!ReferenceEquals(_trial, _state))
        {
            _trial.Dispose();
        }

        _trial = value.DetachFromDisposeScope();
    }
}
