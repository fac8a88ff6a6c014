using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Native.Cuda;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Cuda;

/// <summary>An explicit Runge-Kutta method on a GPU: a whole step is one kernel, and its error is what the host reads of it.</summary>
internal sealed class CudaRungeKuttaStepper : OdeStepper
{
    private readonly CudaDynamics _dynamics;
    private readonly CudaKernel _kernel;
    private readonly ExplicitRungeKutta _method;
    private readonly Tensor _outputs;
    private readonly StageBuffer _stages;
    private readonly Tensor _nodes;
    private readonly Tensor _squaredErrors;
    private Tensor _state;
    private Tensor _trial;
    private double _time;
    private double _size;
    private int _stagesReady;

    private CudaRungeKuttaStepper(CudaDynamics dynamics, CudaKernel kernel, ExplicitRungeKutta method, Tensor initialState, Tensor outputs)
    {
        using DisposeScope scope = NewDisposeScope();
        (_dynamics, _kernel, _method, _outputs) = (dynamics, kernel, method, outputs);
        RowCount = (int)initialState.shape[0];
        _state = initialState.reshape(-1).clone();
        _trial = empty_like(_state);
        _stages = new StageBuffer(method, _state);
        _nodes = tensor(method.C, ScalarType.Float64, initialState.device);
        _squaredErrors = empty([2, dynamics.Blocks], ScalarType.Float64, initialState.device);
        scope.Detach(_state, _trial, _nodes, _squaredErrors);
    }

    /// <summary>Creates the stepper where its kernel can run.</summary>
    /// <param name="term">Right-hand side.</param>
    /// <param name="method">Method.</param>
    /// <param name="initialState"><c>[batch, ..., dimension]</c>.</param>
    /// <param name="outputs"><c>[times, batch * ... * dimension]</c>.</param>
    public static CudaRungeKuttaStepper? TryCreate(ICudaOdeTerm term, ExplicitRungeKutta method, Tensor initialState, Tensor outputs)
    {
        if (initialState.device_type != DeviceType.CUDA || term.CreateCudaDynamics(initialState) is not { } dynamics)
        {
            return null;
        }

        if (dynamics.FindKernel("RungeKutta.cu", "rungeKuttaStep", method) is { } kernel)
        {
            return new CudaRungeKuttaStepper(dynamics, kernel, method, initialState, outputs);
        }

        dynamics.Dispose();
        return null;
    }

    public override int RowCount { get; }

    public override double EstimateInitialStep(OdeSegment segment, AdaptiveStepControl control)
    {
        using DisposeScope scope = NewDisposeScope();
        (_time, _size) = (segment.Start, 0);
        Launch(0, 1, null);
        Tensor slope = _stages.Row(0);
        Tensor scale = control.Scale(_state);
        double d1 = Rms(slope / scale);
        double h0 = InitialStep.FirstGuess(Rms(_state / scale), d1, segment.Length);
        if (!double.IsFinite(h0))
        {
            return double.NaN;
        }

        // f at the end of the Euler step, taken as the start of a step of its own.
        Tensor first = slope.clone();
        Tensor start = _state;
        double signed = segment.Direction * h0;
        _state = start.Plus(slope * signed.Held());
        _time = segment.Start + signed;
        Launch(0, 1, null);
        Tensor change = slope - first;
        slope.copy_(first);
        _state = start;
        return InitialStep.Estimate(h0, d1, Rms(change.div_(scale)) / h0, _method.Order);
    }

    public override double TryStep(OdeStep step, AdaptiveStepControl? control)
    {
        using DisposeScope scope = NewDisposeScope();
        (_time, _size) = (step.Time, step.Size);
        int last = control is null ? _method.EndStage : Math.Max(_method.EndStage, _method.ErrorWeights.Length);
        Launch(Math.Min(_stagesReady, 1), last, control);
        if (control is null)
        {
            return 0;
        }

        ReadOnlySpan<double> squares = _squaredErrors.cpu().data<double>().ToArray();
        double error = Rms(squares[.._dynamics.Blocks]);
        return Math.Abs(step.Size) * (_method.CorrectionWeights.Length > 0 ? RungeKutta.CombineErrors(error, Rms(squares[_dynamics.Blocks..])) : error);
    }

    public override void WriteOutputs(int firstOutput, ReadOnlySpan<double> thetas)
    {
        using DisposeScope scope = NewDisposeScope();
        int interpolated = thetas.IndexOf(1.0) is int end and >= 0 ? end : thetas.Length;
        if (interpolated > 0)
        {
            if (_stagesReady < _method.DenseStages)
            {
                Launch(_stagesReady, _method.DenseStages, null);
            }

            _outputs.narrow(0, firstOutput, interpolated).copy_(_stages.Interpolate(_state, _size, thetas[..interpolated]));
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

        (_state, _trial) = (_trial, _state);
    }

    public override void Restart() => _stagesReady = 0;

    public override Tensor CopyState() => _state.clone();

    public override bool[] FindRowsNotFinite()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor finite = _stages.Finite(Math.Max(_stagesReady, 1)).logical_and_(_trial.isfinite());
        return [.. finite.view(RowCount, -1).all(1).cpu().data<bool>().Select(f => !f)];
    }

    protected override void Dispose(bool disposing)
    {
        _dynamics.Dispose();
        _stages.Dispose();
        _nodes.Dispose();
        _squaredErrors.Dispose();
        _state.Dispose();
        _trial.Dispose();
    }

    private void Launch(int first, int last, AdaptiveStepControl? control)
    {
        _kernel.Launch(
            _dynamics.Blocks, CudaDynamics.Threads, _dynamics.Parameters, _state, _stages.All, _trial, _squaredErrors,
            _stages.Matrix, _nodes, _stages.ErrorWeights, _stages.CorrectionWeights, control is null ? 0 : _method.ErrorWeights.Length, _method.CorrectionWeights.Length,
            _dynamics.Rows, first, last, _method.EndStage, _time, _size, control?.RelativeTolerance ?? 0, control?.AbsoluteTolerance ?? 0);
        Evaluations += last - first;
        _stagesReady = last;
    }

    // Summed in the order of the blocks, so that the result is the same each time.
    private double Rms(ReadOnlySpan<double> squares)
    {
        double sum = 0;
        foreach (double square in squares)
        {
            sum += square;
        }

        return Math.Sqrt(sum / _state.numel());
    }

    private double Rms(Tensor values) => values.norm().to(ScalarType.Float64).item<double>() / Math.Sqrt(_state.numel());
}
