using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using Microsoft.ML.Implicit.Solvers.Sde.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde;

/// <summary>One step of a solve, as a method sees it.</summary>
public sealed class SdeStep
{
    private readonly DrivenEquation _driven;
    private Tensor? _increment;
    private Tensor? _area;

    /// <param name="driven">The equation and its noise.</param>
    /// <param name="time">Time at the step's start.</param>
    /// <param name="end">Time at its end.</param>
    /// <param name="wantsError">Whether an estimate of the error is wanted.</param>
    internal SdeStep(DrivenEquation driven, double time, double end, bool wantsError)
    {
        _driven = driven;
        Time = time;
        End = end;
        WantsError = wantsError;
    }

    /// <summary>t, the time at the step's start.</summary>
    public double Time { get; }

    /// <summary>t + h, the time at its end.</summary>
    public double End { get; }

    /// <summary>h, its size.</summary>
    public double Size => End - Time;

    /// <summary>Whether an estimate of the error is wanted.</summary>
    public bool WantsError { get; }

    /// <summary>The equation.</summary>
    public StochasticEquation Equation => _driven.Equation;

    /// <summary>Number of elements of a row of the state.</summary>
    public long Dimension => _driven.Dimension;

    /// <summary>Increment of the Brownian motion on the step, <c>[rows, channels]</c>.</summary>
    public Tensor W => _increment ??= _driven.Increment(Time, End);

    /// <summary>Space-time Lévy area on the step, <c>[rows, channels]</c>; see <see cref="BrownianIncrement"/>.</summary>
    public Tensor H => _area ??= _driven.Area(Time, End);

    /// <summary>f(t, y).</summary>
    /// <param name="time">A time within the step.</param>
    /// <param name="state">y, <c>[rows, dimension]</c>.</param>
    /// <returns>Of the shape of <paramref name="state"/>.</returns>
    public Tensor Drift(double time, Tensor state) => _driven.Drift(time, state);

    /// <summary>g(t, y).</summary>
    /// <param name="time">A time within the step.</param>
    /// <param name="state">y, <c>[rows, dimension]</c>.</param>
    /// <returns>Of the shape that the equation's <see cref="NoiseKind"/> says.</returns>
    public Tensor Diffusion(double time, Tensor state) => _driven.Diffusion(time, state);

    /// <summary>(∂g/∂y) g, for scalar or diagonal noise.</summary>
    /// <param name="time">A time within the step.</param>
    /// <param name="state">y, <c>[rows, dimension]</c>.</param>
    /// <returns>Of the shape of <paramref name="state"/>.</returns>
    public Tensor DiffusionDerivative(double time, Tensor state) => _driven.DiffusionDerivative(time, state);

    /// <summary>g dW.</summary>
    /// <param name="diffusion">g.</param>
    /// <param name="noise">A noise of all channels, <c>[rows, channels]</c>.</param>
    /// <returns><c>[rows, dimension]</c>.</returns>
    public Tensor Product(Tensor diffusion, Tensor noise)
    {
        ArgumentNullException.ThrowIfNull(diffusion);
        ArgumentNullException.ThrowIfNull(noise);
        return Equation.Noise == NoiseKind.General ? bmm(diffusion, noise.unsqueeze(2)).squeeze(2) : diffusion.mul(noise);
    }

    /// <summary>y + w h f, the state moved by a part of the drift.</summary>
    /// <param name="state">y, <c>[rows, dimension]</c>.</param>
    /// <param name="drift">f.</param>
    /// <param name="weight">w.</param>
    /// <returns>Of the shape of <paramref name="state"/>.</returns>
    public Tensor Drifted(Tensor state, Tensor drift, double weight = 1)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.add(drift, alpha: (weight * Size).Held());
    }

    /// <summary>y + w g dW, the state moved by a part of the noise.</summary>
    /// <param name="state">y, <c>[rows, dimension]</c>.</param>
    /// <param name="diffusion">g.</param>
    /// <param name="noise">A noise of all channels, <c>[rows, channels]</c>.</param>
    /// <param name="weight">w.</param>
    /// <returns>Of the shape of <paramref name="state"/>.</returns>
    public Tensor Diffused(Tensor state, Tensor diffusion, Tensor noise, double weight = 1)
    {
        ArgumentNullException.ThrowIfNull(state);
        return Equation.Noise == NoiseKind.General ? state.add(Product(diffusion, noise), alpha: weight.Held()) : state.addcmul(diffusion, noise, weight.Held());
    }

    /// <summary>y + w (h f + g dW), the state moved by a part of the step, in one pass over memory where there is no graph to be made.</summary>
    /// <param name="state">y, <c>[rows, dimension]</c>.</param>
    /// <param name="drift">f.</param>
    /// <param name="diffusion">g.</param>
    /// <param name="weight">w.</param>
    /// <returns>Of the shape of <paramref name="state"/>.</returns>
    public Tensor Moved(Tensor state, Tensor drift, Tensor diffusion, double weight = 1)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(drift);
        ArgumentNullException.ThrowIfNull(diffusion);
        return _driven.TryMove(this, state, drift, diffusion, weight) ?? Diffused(Drifted(state, drift, weight), diffusion, W, weight);
    }

    /// <summary>The two halves of the step.</summary>
    internal (SdeStep First, SdeStep Second) Halve()
    {
        double middle = Time + (0.5 * Size);
        return (new SdeStep(_driven, Time, middle, false), new SdeStep(_driven, middle, End, false));
    }
}
