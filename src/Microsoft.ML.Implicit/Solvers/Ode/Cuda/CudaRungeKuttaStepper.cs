using Microsoft.ML.Implicit.Native.Cuda;
using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Cuda;

/// <summary>An explicit Runge-Kutta method on a GPU: a whole step is one kernel, and its error is what the host reads of it.</summary>
internal sealed class CudaRungeKuttaStepper : RungeKuttaStepper
{
    private readonly CudaDynamics _dynamics;
    private readonly CudaKernel _kernel;
    private readonly Tensor _nodes;
    private readonly Tensor _squaredErrors;
    private double _time;

    private CudaRungeKuttaStepper(CudaDynamics dynamics, CudaKernel kernel, ExplicitRungeKutta method, Tensor initialState, Tensor outputs)
        : base(method, initialState, outputs)
    {
        using DisposeScope scope = NewDisposeScope();
        (_dynamics, _kernel) = (dynamics, kernel);
        Trial = empty_like(State);
        _nodes = tensor(method.C, ScalarType.Float64, initialState.device);
        _squaredErrors = empty([2, dynamics.Blocks], ScalarType.Float64, initialState.device);
        scope.Detach(_nodes, _squaredErrors);
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

    public override double EstimateInitialStep(OdeSegment segment, AdaptiveStepControl control)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = State;
        Tensor first = Slope(segment.Start, start).clone();
        double size = InitialStep.Estimate(segment, control, Method.Order, start, first, Slope, RootMeanSquares);
        State = start;
        Stages.Row(0).copy_(first);
        return size;

        // f anywhere is the first stage of a step that starts there.
        Tensor Slope(double time, Tensor state)
        {
            (State, _time, StepSize) = (state, time, 0);
            Launch(0, 1, null);
            return Stages.Row(0);
        }
    }

    public override double TryStep(OdeStep step, AdaptiveStepControl? control)
    {
        using DisposeScope scope = NewDisposeScope();
        (_time, StepSize) = (step.Time, step.Size);
        int last = control is null ? Method.EndStage : Math.Max(Method.EndStage, Method.ErrorWeights.Length);
        Launch(Math.Min(StagesReady, 1), last, control);
        if (control is null)
        {
            return 0;
        }

        ReadOnlySpan<double> squares = _squaredErrors.cpu().data<double>().ToArray();
        double error = Rms(squares[.._dynamics.Blocks]);
        return Math.Abs(step.Size) * (Method.CorrectionWeights.Length > 0 ? RungeKutta.CombineErrors(error, Rms(squares[_dynamics.Blocks..])) : error);
    }

    protected override void EvaluateStagesUpTo(int count)
    {
        if (StagesReady < count)
        {
            Launch(StagesReady, count, null);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _dynamics.Dispose();
        _nodes.Dispose();
        _squaredErrors.Dispose();
        base.Dispose(disposing);
    }

    private void Launch(int first, int last, AdaptiveStepControl? control)
    {
        _kernel.Launch(
            _dynamics.Blocks, CudaDynamics.Threads, _dynamics.Parameters, State, Stages.All, Trial, _squaredErrors,
            Stages.Matrix, _nodes, Stages.ErrorWeights, Stages.CorrectionWeights, control is null ? 0 : Method.ErrorWeights.Length, Method.CorrectionWeights.Length,
            _dynamics.Rows, first, last, Method.EndStage, _time, StepSize, control?.RelativeTolerance ?? 0, control?.AbsoluteTolerance ?? 0);
        Evaluations += last - first;
        StagesReady = last;
    }

    // Summed in the order of the blocks, so that the result is the same each time.
    private double Rms(ReadOnlySpan<double> squares)
    {
        double sum = 0;
        foreach (double square in squares)
        {
            sum += square;
        }

        return Math.Sqrt(sum / State.numel());
    }
}
