using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.OneStep;

/// <summary>Takes the steps of a <see cref="OneStepMethod"/>.</summary>
internal sealed class OneStepStepper : OdeStepper
{
    private readonly IOdeTerm _term;
    private readonly OneStepMethod _method;
    private readonly Tensor _outputs;
    private readonly long _normLength;
    private OdeStep _step;
    private Tensor _state;
    private Tensor _trial;

    /// <param name="term">Right-hand side.</param>
    /// <param name="method">Method.</param>
    /// <param name="initialState"><c>[batch, ...]</c>.</param>
    /// <param name="outputs"><c>[times, batch * ...]</c>, written.</param>
    /// <param name="extent">What of the flat state the error norm covers.</param>
    public OneStepStepper(IOdeTerm term, OneStepMethod method, Tensor initialState, Tensor outputs, StateExtent extent)
    {
        _term = term;
        _method = method;
        _outputs = outputs;
        _normLength = extent.Length;
        _state = initialState.clone().DetachFromDisposeScope();
        _trial = _state;
    }

    public override int RowCount => (int)_state.shape[0];

    public override double EstimateInitialStep(OdeSegment segment, AdaptiveStepControl control)
    {
        using DisposeScope scope = NewDisposeScope();
        var term = new SegmentTerm(_term, segment);
        double step = InitialStep.Estimate(segment, control, _method.Order, _state, term.Evaluate(segment.Start, _state), term.Evaluate, values => [.. values.Select(Norm)]);
        Evaluations += term.Evaluations;
        return step;
    }

    public override double TryStep(OdeStep step, AdaptiveStepControl? control)
    {
        using DisposeScope scope = NewDisposeScope();
        _step = step;
        var term = new SegmentTerm(_term, step.Segment);
        OneStepResult result = Take(_method, term, step, _state);
        Evaluations += term.Evaluations;
        Replace(result.State);
        if (control is null)
        {
            return 0;
        }

        Tensor error = TensorContract.Require(result.Error, _state, _method, " as its estimate of the error");
        return Norm(error / control.Scale(_state, _trial));
    }

    public override void WriteOutputs(int firstOutput, ReadOnlySpan<double> thetas)
    {
        using DisposeScope scope = NewDisposeScope();
        int inside = thetas is [.., 1.0] ? thetas.Length - 1 : thetas.Length;
        if (inside > 0)
        {
            var term = new SegmentTerm(_term, _step.Segment);
            _outputs.narrow(0, firstOutput, inside).copy_(HermiteCubic.Interpolate(term, _step, _state, _trial, thetas[..inside]).view(inside, -1));
            Evaluations += term.Evaluations;
        }

        if (inside < thetas.Length)
        {
            _outputs[firstOutput + inside].copy_(_trial.view(-1));
        }
    }

    public override void Accept()
    {
        _state.Dispose();
        _state = _trial;
    }

    public override void Restart()
    {
    }

    public override Tensor CopyState() => _state.reshape(-1).clone();

    public override bool[] FindRowsNotFinite() => FiniteRows.FindNotFinite(_trial.contiguous());

    /// <summary>A step with checks of what it computes.</summary>
    public static OneStepResult Take(OneStepMethod method, SegmentTerm term, OdeStep step, Tensor state)
    {
        OneStepResult result = method.Advance(term, step.Time, step.Size, state) ?? throw new ArgumentException($"{method} returned null.");
        TensorContract.Require(result.State, state, method);
        return result;
    }

    protected override void Dispose(bool disposing)
    {
        if (!ReferenceEquals(_trial, _state))
        {
            _trial.Dispose();
        }

        _state.Dispose();
    }

    private void Replace(Tensor value)
    {
        if (!ReferenceEquals(_trial, _state))
        {
            _trial.Dispose();
        }

        _trial = value.contiguous().clone().DetachFromDisposeScope();
    }

    private double Norm(Tensor values)
    {
        Tensor flat = values.reshape(-1).narrow(0, 0, _normLength);
        return flat.norm().to(ScalarType.Float64).item<double>() / Math.Sqrt(_normLength);
    }
}
