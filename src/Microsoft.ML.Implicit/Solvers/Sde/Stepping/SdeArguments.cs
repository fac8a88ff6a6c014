using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Stepping;

/// <summary>Checks of what callers pass to a solve.</summary>
internal static class SdeArguments
{
    public static void Validate(StochasticEquation equation, Tensor initialState, ReadOnlySpan<double> times, BrownianPath path)
    {
        OdeArguments.Validate(initialState, times);
        if (times[^1] < times[0])
        {
            throw new ArgumentException($"Times must be increasing, since a stochastic equation has no solution backward in time; they go from {times[0]} to {times[^1]}.", nameof(times));
        }

        if (initialState.dim() != 2)
        {
            throw new ArgumentException($"The initial state has shape [{string.Join(", ", initialState.shape)}]; it must be [rows, dimension].", nameof(initialState));
        }

        if (path.Rows != initialState.shape[0])
        {
            throw new ArgumentException($"The Brownian path has {path.Rows} rows, the initial state has {initialState.shape[0]}.", nameof(path));
        }

        if (path.Start > times[0] || path.End < times[^1])
        {
            throw new ArgumentException($"The Brownian path is defined from time {path.Start} to {path.End}, the solve goes from {times[0]} to {times[^1]}.", nameof(path));
        }

        long channels = equation.Noise switch
        {
            NoiseKind.Scalar => 1,
            NoiseKind.Diagonal => initialState.shape[1],
            _ => path.Channels,
        };
        if (path.Channels != channels)
        {
            throw new ArgumentException($"The Brownian path has {path.Channels} channels; {equation.Noise} noise of a state of dimension {initialState.shape[1]} needs {channels}.", nameof(path));
        }
    }

    public static void ValidateMethod(SdeMethod method, StochasticEquation equation, SdeOptions options, bool differentiable)
    {
        if (method.Calculus is { } calculus && calculus != equation.Calculus && !equation.IsAdditive)
        {
            throw new ArgumentException(
                $"{method} solves equations in {calculus} form; {equation} is declared as {equation.Calculus}. Take another method, such as {SdeMethods.For(equation)}, or convert the drift: f (Stratonovich) = f (Ito) - ½ Σⱼ (∂gⱼ/∂y) gⱼ.",
                nameof(options));
        }

        if (method.StrongOrder(equation) is null)
        {
            throw new ArgumentException(
                $"{method} does not apply to the noise of {equation}, which is {equation.Noise}{(equation.IsAdditive ? " and additive" : string.Empty)}. Take another method, such as {SdeMethods.For(equation)}.",
                nameof(options));
        }

        if (differentiable && options.GradientMethod == SdeGradientMethod.ReversibleAdjoint && !method.IsReversible)
        {
            throw new ArgumentException(
                $"{method} cannot be reversed: take {nameof(SdeMethods.ReversibleHeun)}, or {nameof(SdeGradientMethod.CheckpointedAdjoint)} for its gradient.",
                nameof(options));
        }
    }
}
