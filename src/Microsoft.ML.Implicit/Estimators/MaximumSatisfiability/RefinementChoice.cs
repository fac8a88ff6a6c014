using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How many rounds of refinement are worth their time, by rows whose hidden bits are known.</summary>
internal static class RefinementChoice
{
    /// <summary>Rows that are completed at most.</summary>
    public const int MostRows = 256;

    private const int RowsAtOnce = 64;

    private static readonly int[] Candidates = [0, 4, 16, 40];

    /// <summary>The fewest rounds that complete as many rows as any, up to the standard error of their share.</summary>
    /// <param name="rows">Rows with bits that are hidden.</param>
    /// <param name="complete">From bits, which of them are known, and rounds to how likely each is set, on the CPU.</param>
    public static int Find(BitSet rows, Func<Tensor, Tensor, int, Tensor> complete)
    {
        double[] shares = [.. Candidates.Select(rounds => CompletedShare(rows, (bits, isKnown) => complete(bits, isKnown, rounds)))];
        double most = shares.Max(), count = Math.Min(rows.Count, MostRows);

        // By Laplace's rule, for a share of all rows has an error too.
        double expected = ((most * count) + 1) / (count + 2), error = Math.Sqrt(expected * (1 - expected) / count);
        return Candidates.Where((_, i) => shares[i] >= most - error).First();
    }

    private static double CompletedShare(BitSet rows, Func<Tensor, Tensor, Tensor> complete)
    {
        using DisposeScope scope = NewDisposeScope();
        long count = Math.Min(rows.Count, MostRows);
        double completed = 0;
        for (long first = 0; first < count; first += RowsAtOnce)
        {
            BitSet part = rows.Select(HeldArithmetic.Range(first, Math.Min(count, first + RowsAtOnce), rows.Bits.device));
            Tensor probabilities = complete(part.Bits, part.IsKnown), bits = part.Bits.cpu();
            Tensor isRight = probabilities.gt(0.5.Held()).eq(bits.gt(0.5.Held())).logical_or(bits.isnan());
            completed += isRight.all(1).sum().item<long>();
        }

        return completed / count;
    }
}
