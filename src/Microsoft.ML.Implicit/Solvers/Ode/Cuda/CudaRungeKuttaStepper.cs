using Microsoft.ML.Implicit.Native;
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
        (_time, StepSize) = (segment.Start, 0);
        Launch(0, 1, null);
        Tensor slope = Stages.Row(0);
        Tensor scale = control.Scale(State);
        double d1 = Rms(slope / scale);
        double h0 = InitialStep.FirstGuess(Rms(State / scale), d1, segment.Length);
        if (!double.IsFinite(h0))
        {
            return double.NaN;
        }

        // f at the end of the Euler step, taken as the start of a step of its own.
        Tensor first = slope.clone();
        Tensor start = State;
        double signed = segment.Direction * h0;
        State = start.Plus(slope * signed.Held());
        _time = segment.Start + signed;
        Launch(0, 1, null);
        Tensor change = slope - first;
        slope.copy_(first);
        State = start;
        return InitialStep.Estimate(h0, d1, Rms(change.div_(scale)) / h0, Method.Order);
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

    private double Rms(Tensor values) => values.norm().to(ScalarType.Float64).item<double>() / Math.Sqrt(State.numel());
}
