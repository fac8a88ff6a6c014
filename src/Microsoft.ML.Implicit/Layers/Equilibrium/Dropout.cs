using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>Dropout from a generator of one's own.</summary>
internal static class Dropout
{
    /// <summary>Sets entries to zero, with the probability of a rate, and divides the others by 1 − rate.</summary>
    /// <param name="values">[rows, ...].</param>
    /// <param name="rates">A rate for all rows, or one for each of as many equal parts of them.</param>
    /// <param name="generator">Source of randomness.</param>
    public static Tensor Of(Tensor values, IReadOnlyList<double> rates, Generator generator) =>
        rates.All(rate => rate == 0) ? values : values * Mask(values, rates, generator);

    private static Tensor Mask(Tensor values, IReadOnlyList<double> rates, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mask = empty(values.shape, values.dtype, generator.device);
        long rows = values.shape[0] / rates.Count;
        for (int part = 0; part < rates.Count; part++)
        {
            mask.narrow(0, part * rows, rows).bernoulli_(1 - rates[part], generator).div_((1 - rates[part]).Held());
        }

        return mask.to(values.device).MoveToOuterDisposeScope();
    }
}
