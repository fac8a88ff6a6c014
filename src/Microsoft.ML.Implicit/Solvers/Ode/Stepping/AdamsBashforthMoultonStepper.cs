using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>Takes Adams-Bashforth-Moulton steps; the first three after each change of the step size are classical Runge-Kutta steps.</summary>
internal sealed class AdamsBashforthMoultonStepper : OdeStepper
{
    private readonly IOdeTerm _term;
    private readonly long[] _shape;
    private readonly Tensor _outputs;
    private readonly Queue<Tensor> _history = new();
    private Tensor _state;
    private Tensor _trial;
    private double _size = double.NaN;

    /// <param name="term">Right-hand side.</param>
    /// <param name="initialState"><c>[batch, ...]</c>.</param>
    /// <param name="outputs"><c>[times, batch * ...]</c>, written.</param>
    public AdamsBashforthMoultonStepper(IOdeTerm term, Tensor initialState, Tensor outputs)
    {
        _term = term;
        _shape = initialState.shape;
        _outputs = outputs;
        _state = initialState.reshape(-1).clone().DetachFromDisposeScope();
        _trial = _state;
    }

    public override int EarlierSlopes => _history.Count - 1;

    public override int RowCount => (int)_shape[0];

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
        _history.Enqueue(Evaluate(step.At(0), _state).DetachFromDisposeScope());
        Forget(AdamsBashforthMoulton.HistoryLength);
        Tensor[] slopes = [.. _history.Reverse()];
        Tensor trial = slopes.Length < AdamsBashforthMoulton.HistoryLength ? RungeKuttaStep(step, slopes[0]) : PredictAndCorrect(step, slopes);
        if (!ReferenceEquals(_trial, _state))
        {
            _trial.Dispose();
        }

        _trial = trial.DetachFromDisposeScope();
        return 0;
    }

    public override void WriteOutputs(int firstOutput, ReadOnlySpan<double> thetas)
    {
        // Fixed steps end at output times, so that none lies inside a step.
        using Tensor output = _outputs[firstOutput];
        output.copy_(_trial);
    }

    public override void Accept()
    {
        _state.Dispose();
        _state = _trial;
    }

    public override void Restart() => Forget(0);

    public override Tensor CopyState() => stack([_state, .. _history.Reverse().Skip(1)]);

    public override bool[] FindRowsNotFinite() => FiniteRows.FindNotFinite(_trial.view(_shape));

    protected override void Dispose(bool disposing)
    {
        if (!ReferenceEquals(_trial, _state))
        {
            _trial.Dispose();
        }

        _state.Dispose();
        Forget(0);
    }

    private Tensor PredictAndCorrect(OdeStep step, Tensor[] slopes)
    {
        Tensor predicted = AdamsBashforthMoulton.Combine(_state, AdamsBashforthMoulton.Predictor, slopes, step.Size);
        Tensor slope = Evaluate(step.At(1), predicted);
        return AdamsBashforthMoulton.Combine(_state, AdamsBashforthMoulton.Corrector, [slope, .. slopes[..^1]], step.Size);
    }

    private Tensor RungeKuttaStep(OdeStep step, Tensor first)
    {
        ExplicitRungeKutta method = OdeMethods.RungeKutta4;
        var stages = new List<Tensor> { first };
        for (int i = 1; i < method.EndStage; i++)
        {
            stages.Add(Evaluate(step.At(method.C[i]), AdamsBashforthMoulton.Combine(_state, method.A[i], stages, step.Size)));
        }

        return AdamsBashforthMoulton.Combine(_state, method.A[method.EndStage], stages, step.Size);
    }

    private Tensor Evaluate(double time, Tensor flat)
    {
        Evaluations++;
        return _term.EvaluateChecked(time, flat.view(_shape)).reshape(-1);
    }

    private void Forget(int remaining)
    {
        while (_history.Count > remaining)
        {
            _history.Dequeue().Dispose();
        }
    }
}
