using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.OneStep;

/// <summary>Takes the steps of a <see cref="OneStepMethod"/>.</summary>
internal sealed class OneStepStepper : TensorStepper
{
    private readonly IOdeTerm _term;
    private readonly OneStepMethod _method;
    private readonly long _normLength;
    private OdeStep _step;
    private Tensor? _error;

    /// <param name="term">Right-hand side.</param>
    /// <param name="method">Method.</param>
    /// <param name="initialState"><c>[batch, ...]</c>.</param>
    /// <param name="outputs"><c>[times, batch * ...]</c>, written.</param>
    /// <param name="extent">What of the flat state the error norm covers.</param>
    public OneStepStepper(IOdeTerm term, OneStepMethod method, Tensor initialState, Tensor outputs, StateExtent extent)
        : base(initialState, outputs)
    {
        _term = term;
        _method = method;
        _normLength = extent.Length;
    }

    public override double EstimateInitialStep(OdeSegment segment, AdaptiveStepControl control)
    {
        using DisposeScope scope = NewDisposeScope();
        var term = new SegmentTerm(_term, segment);
        Tensor state = State.view(Shape);
        double step = InitialStep.Estimate(segment, control, _method.Order, state, term.Evaluate(segment.Start, state), term.Evaluate, values => [.. values.Select(Norm)]);
        Evaluations += term.Evaluations;
        return step;
    }

    public override double TryStep(OdeStep step, AdaptiveStepControl? control)
    {
        using DisposeScope scope = NewDisposeScope();
        _step = step;
        var term = new SegmentTerm(_term, step.Segment);
        Tensor state = State.view(Shape);
        OneStepResult result = Take(_method, term, step, state);
        Evaluations += term.Evaluations;
        Trial = result.State.reshape(-1).clone();
        if (control is null)
        {
            return 0;
        }

        Tensor error = TensorContract.Require(result.Error, state, _method, " as its estimate of the error");
        _error?.Dispose();
        _error = (error / control.Scale(state, Trial.view(Shape))).DetachFromDisposeScope();
        return Norm(_error);
    }

    public override void Restart()
    {
    }

    /// <summary>A step with checks of what it computes.</summary>
    public static OneStepResult Take(OneStepMethod method, SegmentTerm term, OdeStep step, Tensor state)
    {
        OneStepResult result = method.Advance(term, step.Time, step.Size, state) ?? throw new ArgumentException($"{method} returned null.");
        TensorContract.Require(result.State, state, method);
        return result;
    }

    protected override Tensor Interpolate(ReadOnlySpan<double> thetas)
    {
        var term = new SegmentTerm(_term, _step.Segment);
        Tensor states = HermiteCubic.Interpolate(term, _step, State.view(Shape), Trial.view(Shape), thetas);
        Evaluations += term.Evaluations;
        return states.view(thetas.Length, -1);
    }

    protected override double[] RowErrors(AdaptiveStepControl control) => RowNorms(_error!);

    protected override void Dispose(bool disposing)
    {
        _error?.Dispose();
        base.Dispose(disposing);
    }

    private double Norm(Tensor values)
    {
        Tensor flat = values.reshape(-1).narrow(0, 0, _normLength);
        return flat.norm().to(ScalarType.Float64).item<double>() / Math.Sqrt(_normLength);
    }
}
