using Microsoft.ML.Implicit.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>Sets training rows aside for validation.</summary>
internal static class HoldOut
{
    private const long RowsThatAffordValidation = 100;
    private const long RowsOfWhichATenthIsEnough = 1000;

    /// <summary>The fraction to hold out of so many rows, where nothing else is known of them.</summary>
    public static double UsualFraction(long rows) => rows >= RowsOfWhichATenthIsEnough ? 0.1 : rows >= RowsThatAffordValidation ? 0.2 : 0;

    /// <summary>Splits rows at random.</summary>
    /// <param name="rows">The rows, which stay as they are.</param>
    /// <param name="fraction">Fraction to hold out.</param>
    /// <param name="generator">Source of the choice, on the CPU.</param>
    /// <returns>The rest and the rows held out, or <see langword="null"/> where the fraction leaves one of the two empty.</returns>
    public static (TRows Training, TRows Validation)? Split<TRows>(TRows rows, double fraction, Generator generator)
        where TRows : class, ITrainingRows<TRows>
    {
        long held = (long)Math.Round(fraction * rows.Count);
        if (held == 0 || held == rows.Count)
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor order = randperm(rows.Count, generator: generator);
        TRows validation = rows.Select(order.narrow(0, 0, held)).Detach();
        return (rows.Select(order.narrow(0, held, rows.Count - held)).Detach(), validation);
    }
}
