using Microsoft.ML.Implicit.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>Sets training rows aside for validation.</summary>
internal static class HoldOut
{
    /// <summary>Splits rows at random; the rows given are disposed of if they are split.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="fraction">Fraction to hold out.</param>
    /// <param name="seed">Seed of the choice.</param>
    /// <returns>The rest and the rows held out; all rows and <see langword="null"/> where the fraction leaves one of the two empty.</returns>
    public static (TRows Training, TRows? Validation) Split<TRows>(TRows rows, double fraction, int seed)
        where TRows : class, ITrainingRows<TRows>
    {
        long held = (long)Math.Round(fraction * rows.Count);
        if (held == 0 || held == rows.Count)
        {
            return (rows, null);
        }

        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, CPU);
        Tensor order = randperm(rows.Count, generator: generator);
        TRows validation = rows.Select(order.narrow(0, 0, held)).Detach();
        TRows training = rows.Select(order.narrow(0, held, rows.Count - held)).Detach();
        rows.Dispose();
        return (training, validation);
    }
}
