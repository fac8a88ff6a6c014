using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Native.Cuda;
using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Cuda;

/// <summary>The adjoint of <see cref="RungeKuttaAdjointStep"/> on a GPU: a step, forward and in reverse, is one kernel.</summary>
internal sealed class CudaAdjointStep : CommonAdjointStep
{
    // Each block adds up a gradient of its own, so that the sum does not depend on their order.
    private const long LargestGradients = 1 << 26;

    private readonly CudaDynamics _dynamics;
    private readonly CudaKernel _advance;
    private readonly CudaKernel _reverse;
    private readonly CudaKernel _finish;
    private readonly ExplicitRungeKutta _method;
    private readonly Tensor _parameterGradient;
    private readonly Tensor _matrix;
    private readonly Tensor _nodes;
    private readonly Tensor _adjoint;
    private readonly Tensor _firstCotangent;
    private readonly Tensor _gradients;
    private readonly Tensor _workspaces;
    private readonly Tensor _stages;
    private Tensor? _start;
    private double _startTime;

    private CudaAdjointStep(CudaDynamics dynamics, CudaKernel[] kernels, ExplicitRungeKutta method, Tensor state, Tensor parameterGradient)
    {
        using DisposeScope scope = NewDisposeScope();
        (_dynamics, _method, _parameterGradient) = (dynamics, method, parameterGradient);
        (_advance, _reverse, _finish) = (kernels[0], kernels[1], kernels[2]);
        CudaDynamicsSize size = dynamics.Size;
        _matrix = tensor(method.Matrix(), state.dtype, state.device);
        _nodes = tensor(method.C, ScalarType.Float64, state.device);
        _adjoint = zeros(state.numel(), state.dtype, state.device);
        _firstCotangent = zeros_like(_adjoint);
        _gradients = zeros([dynamics.Blocks, size.Parameters], state.dtype, state.device);
        _workspaces = empty([dynamics.Blocks, method.StageCount * (long)dynamics.TileRows * ((3 * size.Dimension) + size.Record)], state.dtype, state.device);
        _stages = empty([method.StageCount, state.numel()], state.dtype, state.device);
        scope.Detach(_matrix, _nodes, _adjoint, _firstCotangent, _gradients, _workspaces, _stages);
    }

    /// <summary>Creates the adjoint where its kernels can run.</summary>
    /// <param name="term">Right-hand side.</param>
    /// <param name="method">Method.</param>
    /// <param name="state">A state, <c>[batch, ..., dimension]</c>, for its shape, type and device.</param>
    /// <param name="parameterGradient">Flat vector that the parameters' gradients are added to.</param>
    public static CudaAdjointStep? TryCreate(ICudaOdeTerm term, ExplicitRungeKutta method, Tensor state, Tensor parameterGradient)
    {
        if (state.device_type != DeviceType.CUDA || term.CreateCudaDynamics(state) is not { } dynamics)
        {
            return null;
        }

        bool fits = dynamics.Blocks * (long)dynamics.Size.Parameters <= LargestGradients;
        CudaKernel?[] kernels = fits
            ? [
                dynamics.FindKernel("RungeKutta.cu", "rungeKuttaStep", method),
                dynamics.FindKernel("RungeKuttaAdjoint.cu", "rungeKuttaAdjoint", method),
                dynamics.FindKernel("RungeKuttaAdjoint.cu", "finishAdjoint", method),
            ]
            : [null];
        if (kernels.OfType<CudaKernel>().Count() == 3)
        {
            return new CudaAdjointStep(dynamics, [.. kernels.OfType<CudaKernel>()], method, state, parameterGradient);
        }

        dynamics.Dispose();
        return null;
    }

    public override Tensor Advance(OdeStep step, Tensor state)
    {
        Tensor end = empty_like(state);
        _advance.Launch(
            _dynamics.Blocks, CudaDynamics.Threads, _dynamics.Parameters, state, _stages, end, _gradients, _matrix, _nodes, _matrix, _matrix, 0, 0,
            _dynamics.Rows, 0, _method.EndStage, _method.EndStage, step.Time, step.Size, 0.0, 0.0);
        return end;
    }

    public override void Reverse(OdeStep step, Tensor state, ReadOnlySpan<double> thetas, Tensor outputCotangents)
    {
        using DisposeScope scope = NewDisposeScope();
        int end = _method.EndStage;
        bool endsWithOutput = thetas is [.., 1.0];
        int inside = endsWithOutput ? thetas.Length - 1 : thetas.Length;
        bool hasFirst = _start is not null;
        int stages = inside > 0 ? Math.Max(_method.DenseStages, end) : end;
        int count = stages > end || hasFirst ? Math.Max(stages, end + 1) : end;
        Tensor weights = inside > 0 ? OutputWeights(thetas[..inside], step.Size) : _matrix;
        _reverse.Launch(
            _dynamics.Blocks, CudaDynamics.Threads, _dynamics.Parameters, state, _adjoint, _firstCotangent, _gradients, _workspaces, _matrix, _nodes,
            weights, outputCotangents, inside, endsWithOutput ? 1 : 0, _dynamics.Rows, count, end, hasFirst ? 1 : 0, step.Time, step.Size);
        _start?.Dispose();
        _start = state.alias().DetachFromDisposeScope();
        _startTime = step.Time;
    }

    public override void ReverseFirstStage()
    {
        _finish.Launch(_dynamics.Blocks, CudaDynamics.Threads, _dynamics.Parameters, _start!, _adjoint, _firstCotangent, _gradients, _workspaces, _dynamics.Rows, _startTime);
        _start!.Dispose();
        _start = null;
    }

    public override Tensor Finish()
    {
        using DisposeScope scope = NewDisposeScope();
        _parameterGradient.PlusInPlace(_gradients.sum(dim: 0));
        return _adjoint.clone().MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        _dynamics.Dispose();
        _start?.Dispose();
        foreach (Tensor tensor in (Tensor[])[_matrix, _nodes, _adjoint, _firstCotangent, _gradients, _workspaces, _stages])
        {
            tensor.Dispose();
        }
    }

    // [thetas, stages]; stages that the dense output does not use have weight zero.
    private Tensor OutputWeights(ReadOnlySpan<double> thetas, double size)
    {
        Tensor weights = zeros([thetas.Length, _method.StageCount], _matrix.dtype, _matrix.device);
        weights.narrow(1, 0, _method.DenseStages).copy_(tensor(_method.DenseWeights(thetas, size), _matrix.dtype, _matrix.device));
        return weights;
    }
}
