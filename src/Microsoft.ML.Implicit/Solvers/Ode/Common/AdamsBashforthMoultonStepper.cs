using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Common;

/// <summary>Takes Adams-Bashforth-Moulton steps; the first three after each change of the step size are classical Runge-Kutta steps.</summary>
internal sealed class AdamsBashforthMoultonStepper : TensorStepper
{
    private readonly IOdeTerm _term;
    private readonly Queue<Tensor> _history = new();
    private double _size = double.NaN;

    /// <param name="term">Right-hand side.</param>
    /// <param name="initialState"><c>[batch, ...]</c>.</param>
    /// <param name="outputs"><c>[times, batch * ...]</c>, written.</param>
    public AdamsBashforthMoultonStepper(IOdeTerm term, Tensor initialState, Tensor outputs)
        : base(initialState, outputs)
    {
        _term = term;
    }

    public override int EarlierSlopes => _history.Count - 1;

    public override double EstimateInitialStep(OdeSegment segment, AdaptiveStepControl control) =>
        throw new NotSupportedException($"{nameof(AdamsBashforthMoulton)} takes fixed steps.");

    public override double TryStep(OdeStep step, AdaptiveStepControl? control)
    {
        using DisposeScope scope = NewDisposeScope();
        // Times that are equally spaced but for rounding must not restart the method.
        if (!(Math.Abs(step.Size - _size) <= 1e-9 * Math.Abs(step.Size)))
        {
            Forget(0);
        }

        _size = step.Size;
        _history.Enqueue(Evaluate(step.At(0), State).DetachFromDisposeScope());
        Forget(AdamsBashforthMoulton.HistoryLength);
        Tensor[] slopes = [.. _history.Reverse()];
        Trial = slopes.Length < AdamsBashforthMoulton.HistoryLength ? RungeKuttaStep(step, slopes[0]) : PredictAndCorrect(step, slopes);
        return 0;
    }

    public override void Restart() => Forget(0);

    public override Tensor CopyState() => stack([State, .. _history.Reverse().Skip(1)]);

    protected override double[] RowErrors(AdaptiveStepControl control) =>
        throw new NotSupportedException($"{nameof(AdamsBashforthMoulton)} takes fixed steps.");

    protected override Tensor Interpolate(ReadOnlySpan<double> thetas) =>
        throw new NotSupportedException($"Fixed steps of {nameof(AdamsBashforthMoulton)} end at outputs.");

    protected override void Dispose(bool disposing)
    {
        Forget(0);
        base.Dispose(disposing);
    }

    private Tensor PredictAndCorrect(OdeStep step, Tensor[] slopes)
    {
        Tensor predicted = AdamsBashforthMoulton.Combine(State, AdamsBashforthMoulton.Predictor, slopes, step.Size);
        Tensor slope = Evaluate(step.At(1), predicted);
        return AdamsBashforthMoulton.Combine(State, AdamsBashforthMoulton.Corrector, [slope, .. slopes[..^1]], step.Size);
    }

    private Tensor RungeKuttaStep(OdeStep step, Tensor first)
    {
        ExplicitRungeKutta method = OdeMethods.RungeKutta4;
        var stages = new List<Tensor> { first };
        for (int i = 1; i < method.EndStage; i++)
        {
            stages.Add(Evaluate(step.At(method.C[i]), AdamsBashforthMoulton.Combine(State, method.A[i], stages, step.Size)));
        }

        return AdamsBashforthMoulton.Combine(State, method.A[method.EndStage], stages, step.Size);
    }

    private Tensor Evaluate(double time, Tensor flat)
    {
        Evaluations++;
        return _term.EvaluateChecked(time, flat.view(Shape)).reshape(-1);
    }

    private void Forget(int remaining)
    {
        while (_history.Count > remaining)
        {
            _history.Dequeue().Dispose();
        }
    }
}
