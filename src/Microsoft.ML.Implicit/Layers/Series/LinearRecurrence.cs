using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Series;

/// <summary>
/// h(tᵢ) = exp(λ (tᵢ - tᵢ₋₁)) h(tᵢ₋₁) + uᵢ for many complex λ, at times of any distance: the linear equation dh = λ h dt with a jump at each time, solved exactly.
/// Evaluated by a scan of about 2 log₂ n steps in place of n (Blelloch, Prefix sums and their applications, 1990).
/// </summary>
internal static class LinearRecurrence
{
    /// <summary>Computes the states at all times, within autograd.</summary>
    /// <param name="times">float64 [batch, points], not decreasing.</param>
    /// <param name="rates">Real and imaginary parts of λ, each [width].</param>
    /// <param name="inputs">Those of u, each [batch, points, width].</param>
    /// <returns>Those of h, each [batch, points, width].</returns>
    public static (Tensor Real, Tensor Imaginary) Scan(Tensor times, (Tensor Real, Tensor Imaginary) rates, (Tensor Real, Tensor Imaginary) inputs)
    {
        long points = times.shape[1];
        if (points == 1)
        {
            return inputs;
        }

        // Points two by two: the states at the second ones are those of a recurrence of half the length.
        long pairs = points / 2;
        (Tensor first, Tensor second) = (Every(times, 0), Every(times, 1));
        var (firstInputs, secondInputs) = ((Every(inputs.Real, 0), Every(inputs.Imaginary, 0)), (Every(inputs.Real, 1), Every(inputs.Imaginary, 1)));
        var ofSeconds = Scan(second, rates, Advance(second - first.narrow(1, 0, pairs), rates, Part(firstInputs, 0, pairs), secondInputs));
        long later = first.shape[1] - 1;
        var ofLaterFirsts = Advance(first.narrow(1, 1, later) - second.narrow(1, 0, later), rates, Part(ofSeconds, 0, later), Part(firstInputs, 1, later));
        return (Interleave(firstInputs.Item1, ofLaterFirsts.Real, ofSeconds.Real), Interleave(firstInputs.Item2, ofLaterFirsts.Imaginary, ofSeconds.Imaginary));
    }

    // exp(λ gap) h + u.
    private static (Tensor Real, Tensor Imaginary) Advance(
        Tensor gaps, (Tensor Real, Tensor Imaginary) rates, (Tensor Real, Tensor Imaginary) states, (Tensor Real, Tensor Imaginary) inputs)
    {
        Tensor lengths = gaps.unsqueeze(2).to(states.Real.dtype);
        Tensor size = (lengths * rates.Real).exp(), angle = lengths * rates.Imaginary;
        (Tensor real, Tensor imaginary) = (size * angle.cos(), size * angle.sin());
        return (
            inputs.Real.Plus(real * states.Real) - (imaginary * states.Imaginary),
            inputs.Imaginary.Plus(real * states.Imaginary).Plus(imaginary * states.Real));
    }

    private static (Tensor Real, Tensor Imaginary) Part((Tensor Real, Tensor Imaginary) states, long first, long count) =>
        (states.Real.narrow(1, first, count), states.Imaginary.narrow(1, first, count));

    private static Tensor Every(Tensor points, long first) => points.slice(1, first, points.shape[1], 2);

    // The first point, and then seconds and firsts by turns.
    private static Tensor Interleave(Tensor firsts, Tensor laterFirsts, Tensor seconds)
    {
        long later = laterFirsts.shape[1];
        Tensor pairs = stack([seconds.narrow(1, 0, later), laterFirsts], 2).flatten(1, 2);
        return cat([firsts.narrow(1, 0, 1), pairs, seconds.narrow(1, later, seconds.shape[1] - later)], 1);
    }
}
