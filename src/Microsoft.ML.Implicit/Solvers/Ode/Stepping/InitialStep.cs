using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>The starting step size of Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, II.4.</summary>
internal static class InitialStep
{
    /// <summary>Estimates the first step of a segment, common to all rows.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="control">Tolerances.</param>
    /// <param name="order">Order of the method.</param>
    /// <param name="state">State at the segment's start.</param>
    /// <param name="slope">f there, of the same shape.</param>
    /// <param name="evaluate">Evaluates f, of that shape too.</param>
    /// <param name="readNorms">Root mean squares of what an error is measured by.</param>
    /// <returns>The length of the step; NaN where the state or f is not finite.</returns>
    public static double Estimate(
        OdeSegment segment, AdaptiveStepControl control, int order, Tensor state, Tensor slope, Func<double, Tensor, Tensor> evaluate, Func<Tensor[], double[]> readNorms)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor scale = control.Scale(state);
        double[] norms = readNorms([state / scale, slope / scale]);
        double guess = FirstGuess(norms[0], norms[1], segment.Length);
        if (!double.IsFinite(guess))
        {
            return double.NaN;
        }

        double signed = segment.Direction * guess;
        Tensor change = evaluate(segment.Clamp(segment.Start + signed), state.Plus(slope * signed.Held())).sub(slope).div_(scale);
        return Estimate(guess, norms[1], readNorms([change])[0] / guess, order);
    }

    /// <summary>Size of the explicit Euler step that probes the second derivative.</summary>
    /// <param name="stateNorm">d₀, weighted norm of z.</param>
    /// <param name="slopeNorm">d₁, weighted norm of f(t, z).</param>
    /// <param name="longest">Length of what is ahead, outside of which f need not be defined.</param>
    public static double FirstGuess(double stateNorm, double slopeNorm, double longest)
    {
        if (!double.IsFinite(stateNorm) || !double.IsFinite(slopeNorm))
        {
            return double.NaN;
        }

        return Math.Min(longest, stateNorm < 1e-5 || slopeNorm < 1e-5 ? 1e-6 : 0.01 * stateNorm / slopeNorm);
    }

    /// <summary>The first step.</summary>
    /// <param name="firstGuess">h₀, from <see cref="FirstGuess"/>.</param>
    /// <param name="slopeNorm">d₁.</param>
    /// <param name="curvatureNorm">d₂, weighted norm of (f(t + h₀, z + h₀f) - f(t, z)) / h₀.</param>
    /// <param name="order">Order of the method.</param>
    public static double Estimate(double firstGuess, double slopeNorm, double curvatureNorm, int order)
    {
        double largest = Math.Max(slopeNorm, curvatureNorm);
        double second = largest <= 1e-15 ? Math.Max(1e-6, firstGuess * 1e-3) : Math.Pow(0.01 / largest, 1.0 / (order + 1));
        double step = Math.Min(100 * firstGuess, second);
        return double.IsFinite(step) ? step : firstGuess;
    }
}
