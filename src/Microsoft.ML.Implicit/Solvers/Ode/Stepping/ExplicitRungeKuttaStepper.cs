using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>
/// An explicit Runge-Kutta method over tensors on any device. All stages lie in one tensor, so that each combination of
/// them is one matrix-vector product, and one number a step is read by the host.
/// </summary>
internal sealed class ExplicitRungeKuttaStepper : OdeStepper
{
    private readonly IOdeTerm _term;
    private readonly ExplicitRungeKutta _method;
    private readonly long[] _shape;
    private readonly Tensor _outputs;
    private readonly long _normLength;
    private readonly StageBuffer _stages;
    private Tensor _state;
    private Tensor _trial;
    private OdeStep _step;
    private int _stagesReady;

    /// <param name="term">Right-hand side.</param>
    /// <param name="method">Method.</param>
    /// <param name="initialState"><c>[batch, ...]</c>.</param>
    /// <param name="outputs"><c>[times, batch * ...]</c>, written by <see cref="WriteOutputs"/>.</param>
    /// <param name="extent">What of the flat state the error norm covers.</param>
    public ExplicitRungeKuttaStepper(IOdeTerm term, ExplicitRungeKutta method, Tensor initialState, Tensor outputs, StateExtent extent)
    {
        _term = term;
        _method = method;
        _shape = initialState.shape;
        _outputs = outputs;
        _normLength = extent.Length;
        _state = initialState.reshape(-1).clone().DetachFromDisposeScope();
        _trial = _state;
        _stages = new StageBuffer(method, _state);
    }

    public override int RowCount => (int)_shape[0];

    public override double EstimateInitialStep(OdeSegment segment, AdaptiveStepControl control)
    {
        using DisposeScope scope = NewDisposeScope();
        EvaluateStage(0, segment.Clamp(segment.Start), _state);
        _stagesReady = 1;
        return InitialStep.Estimate(segment, control, _method.Order, _state, _stages.Row(0), Probe, ReadNorms);
    }

    public override double TryStep(OdeStep step, AdaptiveStepControl? control)
    {
        using DisposeScope scope = NewDisposeScope();
        _step = step;
        _stages.SetStepSize(step.Size);
        if (_stagesReady == 0)
        {
            EvaluateStage(0, step.At(0), _state);
        }

        _stagesReady = 1;
        EvaluateStagesUpTo(_method.EndStage);
        ReplaceTrial(_stages.Combine(_state, _method.EndStage));
        if (control is null)
        {
            return 0;
        }

        EvaluateStagesUpTo(_method.ErrorWeights.Length);
        Tensor scale = control.Scale(Leading(_state), Leading(_trial));
        Tensor error = Leading(_stages.CombineError()).div_(scale);
        if (_method.CorrectionWeights.Length == 0)
        {
            return Math.Abs(step.Size) * ReadNorms(error)[0];
        }

        double[] both = ReadNorms(error, Leading(_stages.CombineCorrection()).div_(scale));
        return Math.Abs(step.Size) * RungeKutta.CombineErrors(both[0], both[1]);
    }

    public override void WriteOutputs(int firstOutput, ReadOnlySpan<double> thetas)
    {
        using DisposeScope scope = NewDisposeScope();
        int interpolated = thetas.IndexOf(1.0) is int end and >= 0 ? end : thetas.Length;
        if (interpolated > 0)
        {
            EvaluateStagesUpTo(_method.DenseStages);
            using Tensor rows = _outputs.narrow(0, firstOutput, interpolated);
            rows.copy_(_stages.Interpolate(_state, _step.Size, thetas[..interpolated]));
        }

        for (int i = interpolated; i < thetas.Length; i++)
        {
            _outputs[firstOutput + i].copy_(_trial);
        }
    }

    public override void Accept()
    {
        if (_stagesReady > _method.EndStage)
        {
            _stages.Row(0).copy_(_stages.Row(_method.EndStage));
            _stagesReady = 1;
        }
        else
        {
            _stagesReady = 0;
        }

        _state.Dispose();
        _state = _trial;
    }

    public override void Restart() => _stagesReady = 0;

    public override Tensor CopyState() => _state.clone();

    public override bool[] FindRowsNotFinite()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor finite = _stages.Finite(Math.Max(_stagesReady, 1)).logical_and_(_trial.isfinite());
        return [.. finite.view(_shape[0], -1).all(1).cpu().data<bool>().Select(f => !f)];
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

    // Stages up to the end stage start from the current state; the end stage is f at the trial state.
    private void EvaluateStagesUpTo(int count)
    {
        for (; _stagesReady < count; _stagesReady++)
        {
            int i = _stagesReady;
            Tensor point = i == _method.EndStage ? _trial : _stages.Combine(_state, i);
            EvaluateStage(i, _step.At(_method.C[i]), point);
        }
    }

    private void EvaluateStage(int stage, double time, Tensor point)
    {
        _stages.Evaluate(stage, _term, time, point.view(_shape));
        Evaluations++;
    }

    private Tensor Probe(double time, Tensor point)
    {
        Evaluations++;
        return _term.EvaluateChecked(time, point.view(_shape)).reshape(-1);
    }

    private void ReplaceTrial(Tensor value)
    {
        if (!ReferenceEquals(_trial, _state))
        {
            _trial.Dispose();
        }

        _trial = value.DetachFromDisposeScope();
    }

    private Tensor Leading(Tensor flat) => _normLength == flat.numel() ? flat : flat.narrow(0, 0, _normLength);

    // Root mean squares, in one host read.
    private double[] ReadNorms(params Tensor[] values)
    {
        double root = Math.Sqrt(_normLength);
        if (values.Length == 1)
        {
            Tensor norm = Leading(values[0]).norm();
            return [(norm.dtype == ScalarType.Float64 ? norm.item<double>() : norm.item<float>()) / root];
        }

        var norms = new Tensor[values.Length];
        for (int i = 0; i < norms.Length; i++)
        {
            norms[i] = Leading(values[i]).norm();
        }

        return [.. stack(norms).cpu().to(ScalarType.Float64).data<double>().Select(n => n / root)];
    }
}
