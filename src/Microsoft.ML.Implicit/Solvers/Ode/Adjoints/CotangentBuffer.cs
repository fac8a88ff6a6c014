using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>Cotangents of the points of a step's stages in one tensor, gathered into those of the stages by the transposed tableau.</summary>
internal sealed class CotangentBuffer : IDisposable
{
    private readonly RungeKutta _method;
    private readonly Tensor _points;
    private readonly Tensor _matrix;
    private readonly Tensor _scaledMatrix;
    private Tensor? _denseShare;
    private Tensor? _denseSum;

    public CotangentBuffer(RungeKutta method, Tensor state)
    {
        _method = method;
        _points = empty([method.StageCount, state.numel()], state.dtype, state.device).DetachFromDisposeScope();
        _matrix = tensor(method.TransposedMatrix(), state.dtype, state.device).DetachFromDisposeScope();
        _scaledMatrix = empty_like(_matrix).DetachFromDisposeScope();
    }

    /// <summary>Begins a step.</summary>
    /// <param name="size">Signed step size.</param>
    /// <param name="thetas">Places of the outputs strictly inside the step.</param>
    /// <param name="outputCotangents">Their gradients, <c>[outputs, n]</c>.</param>
    public void Begin(double size, ReadOnlySpan<double> thetas, Tensor outputCotangents)
    {
        _scaledMatrix.copy_(_matrix).mul_(size.Held());
        (_denseShare, _denseSum) = (null, null);
        if (thetas.Length > 0)
        {
            Tensor weights = tensor(_method.DenseWeights(thetas, size), _points.dtype, _points.device);
            _denseShare = mm(weights.t(), outputCotangents);
            _denseSum = outputCotangents.sum(dim: 0);
        }
    }

    /// <summary>Sets rⱼ, the cotangent of stage point j.</summary>
    public void Set(int stage, Tensor cotangent) => _points[stage].copy_(cotangent);

    /// <summary>gᵢ, the cotangent of stage i, from the points of the stages after it.</summary>
    /// <param name="stage">i.</param>
    /// <param name="count">Number of leading stages that the step uses.</param>
    public Tensor Gather(int stage, int count)
    {
        Tensor? dense = stage < _denseShare?.shape[0] ? _denseShare[stage] : null;
        if (stage + 1 >= count)
        {
            return dense is null ? zeros_like(_points[stage]) : dense.clone();
        }

        int length = count - stage - 1;
        Tensor points = _points.narrow(0, stage + 1, length).t();
        Tensor weights = _scaledMatrix[stage].narrow(0, stage + 1, length);
        return dense is null ? mv(points, weights) : dense.addmv(points, weights);
    }

    /// <summary>Cotangent of the state at the step's start, but for what flows through the first stage.</summary>
    public Tensor Sum(int count)
    {
        Tensor sum = _points.narrow(0, 1, count - 1).sum(dim: 0);
        return _denseSum is null ? sum : sum.PlusInPlace(_denseSum);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _points.Dispose();
        _matrix.Dispose();
        _scaledMatrix.Dispose();
    }
}
