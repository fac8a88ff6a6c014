using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Stepping;

/// <summary>An equation with the noise that drives it, with checks of what it returns.</summary>
internal sealed class DrivenEquation : IDisposable
{
    private readonly IBrownianReader _noise;
    private readonly ScalarType _type;
    private readonly TorchSharp.DeviceType _device;
    private readonly long[] _shape;
    private readonly long[] _diffusionShape;
    private readonly bool _hasNoisePerElement;

    /// <param name="equation">Equation.</param>
    /// <param name="path">Noise of as many rows and channels as the equation needs.</param>
    /// <param name="state">A state, for its shape, type and device.</param>
    public DrivenEquation(StochasticEquation equation, BrownianPath path, Tensor state)
    {
        Equation = equation;
        _noise = path.Open(state.dtype, state.device);
        (_type, _device, _shape) = (state.dtype, state.device_type, state.shape);
        Dimension = _shape[1];
        _hasNoisePerElement = equation.Noise != NoiseKind.General && path.Channels == Dimension;
        _diffusionShape = equation.Noise == NoiseKind.General ? [.. _shape, path.Channels] : _shape;
    }

    public StochasticEquation Equation { get; }

    /// <summary>Number of elements of a row of the state.</summary>
    public long Dimension { get; }

    /// <summary>Evaluations of the drift so far.</summary>
    public int Evaluations { get; private set; }

    public Tensor Drift(double time, Tensor state)
    {
        Evaluations++;
        return TensorContract.Require(Equation.Drift(time, state), state, Equation, " as its drift");
    }

    public Tensor Diffusion(double time, Tensor state) => TensorContract.Require(Equation.Diffusion(time, state), _diffusionShape, state, Equation, " as its diffusion");

    public Tensor DiffusionDerivative(double time, Tensor state) => TensorContract.Require(Equation.DiffusionDerivative(time, state), state, Equation, " as the derivative of its diffusion");

    public Tensor Increment(double from, double to) => _noise.Increment(from, to);

    public Tensor Area(double from, double to) => _noise.Area(from, to);

    /// <summary>A state moved by a part of a step in one pass over memory.</summary>
    /// <returns>The result, or <see langword="null"/> where tensor operations are needed.</returns>
    public Tensor? TryMove(SdeStep step, Tensor state, Tensor drift, Tensor diffusion, double weight) =>
        !is_grad_enabled() && _hasNoisePerElement && IsPlain(state) && IsPlain(drift) && IsPlain(diffusion)
            ? _noise.TryMove(step.Time, step.End, state, drift, diffusion, weight)
            : null;

    public void Dispose() => _noise.Dispose();

    private bool IsPlain(Tensor tensor) =>
        tensor.is_contiguous() && tensor.dtype == _type && tensor.device_type == _device && TensorContract.HasShape(tensor, _shape);
}
