using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.OneStep;

/// <summary>The cubic with the values and slopes of both ends of a step (Hairer, Nørsett, Wanner, Solving ODEs I, II.6, equation 6.7).</summary>
internal static class HermiteCubic
{
    /// <summary>States inside a step.</summary>
    /// <param name="term">Right-hand side.</param>
    /// <param name="step">The step.</param>
    /// <param name="start">State at its start.</param>
    /// <param name="end">State at its end.</param>
    /// <param name="thetas">Places in the step.</param>
    /// <returns><c>[thetas, batch, ...]</c>.</returns>
    public static Tensor Interpolate(SegmentTerm term, OdeStep step, Tensor start, Tensor end, ReadOnlySpan<double> thetas)
    {
        Tensor startSlope = term.Evaluate(step.Time, start) * step.Size.Held();
        Tensor endSlope = term.Evaluate(step.Time + step.Size, end) * step.Size.Held();
        Tensor difference = end - start;
        var states = new Tensor[thetas.Length];
        for (int i = 0; i < states.Length; i++)
        {
            double theta = thetas[i];
            states[i] = start.add(difference, alpha: (theta * theta * (3 - (2 * theta))).Held())
                .add(startSlope, alpha: (theta * (1 - theta) * (1 - theta)).Held())
                .add(endSlope, alpha: (theta * theta * (theta - 1)).Held());
        }

        return stack(states);
    }
}
