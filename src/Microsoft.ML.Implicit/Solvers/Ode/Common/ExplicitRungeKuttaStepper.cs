using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Common;

/// <summary>
/// An explicit Runge-Kutta method over tensors on any device. All stages lie in one tensor, so that each combination of
/// them is one matrix-vector product, and one number a step is read by the host.
/// </summary>
internal sealed class ExplicitRungeKuttaStepper : RungeKuttaStepper
{
    private readonly IOdeTerm _term;
    private readonly long _normLength;
    private OdeStep _step;

    /// <param name="term">Right-hand side.</param>
    /// <param name="method">Method.</param>
    /// <param name="initialState"><c>[batch, ...]</c>.</param>
    /// <param name="outputs"><c>[times, batch * ...]</c>, written.</param>
    /// <param name="extent">What of the flat state the error norm covers.</param>
    public ExplicitRungeKuttaStepper(IOdeTerm term, ExplicitRungeKutta method, Tensor initialState, Tensor outputs, StateExtent extent)
        : base(method, initialState, outputs)
    {
        _term = term;
        _normLength = extent.Length;
    }

    public override double EstimateInitialStep(OdeSegment segment, AdaptiveStepControl control)
    {
        using DisposeScope scope = NewDisposeScope();
        EvaluateStage(0, segment.Clamp(segment.Start), State);
        StagesReady = 1;
        return InitialStep.Estimate(segment, control, Method.Order, State, Stages.Row(0), Probe, ReadNorms);
    }

    public override double TryStep(OdeStep step, AdaptiveStepControl? control)
    {
        using DisposeScope scope = NewDisposeScope();
        _step = step;
        StepSize = step.Size;
        Stages.SetStepSize(step.Size);
        if (StagesReady == 0)
        {
            EvaluateStage(0, step.At(0), State);
        }

        StagesReady = 1;
        EvaluateStagesUpTo(Method.EndStage);
        Trial = Stages.Combine(State, Method.EndStage);
        if (control is null)
        {
            return 0;
        }

        EvaluateStagesUpTo(Method.ErrorWeights.Length);
        Tensor scale = control.Scale(Leading(State), Leading(Trial));
        Tensor error = Leading(Stages.CombineError()).div_(scale);
        if (Method.CorrectionWeights.Length == 0)
        {
            return Math.Abs(step.Size) * ReadNorms(error)[0];
        }

        double[] both = ReadNorms(error, Leading(Stages.CombineCorrection()).div_(scale));
        return Math.Abs(step.Size) * RungeKutta.CombineErrors(both[0], both[1]);
    }

    // Stages up to the end stage start from the current state; the end stage is f at the trial state.
    protected override void EvaluateStagesUpTo(int count)
    {
        for (; StagesReady < count; StagesReady++)
        {
            int i = StagesReady;
            Tensor point = i == Method.EndStage ? Trial : Stages.Combine(State, i);
            EvaluateStage(i, _step.At(Method.C[i]), point);
        }
    }

    private void EvaluateStage(int stage, double time, Tensor point)
    {
        Stages.Evaluate(stage, _term, time, point.view(Shape));
        Evaluations++;
    }

    private Tensor Probe(double time, Tensor point)
    {
        Evaluations++;
        return _term.EvaluateChecked(time, point.view(Shape)).reshape(-1);
    }

    private Tensor Leading(Tensor flat) => _normLength == flat.numel() ? flat : flat.narrow(0, 0, _normLength);

    private double[] ReadNorms(params Tensor[] values) => RootMeanSquares(Array.ConvertAll(values, Leading));
}
