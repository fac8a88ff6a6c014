using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Rows drawn into parts of about the same size.</summary>
internal static class RowParts
{
    /// <summary>Indices of each part, int64.</summary>
    public static Tensor[] Draw(long rows, int parts, Generator generator)
    {
        Tensor order = randperm(rows, generator: generator);
        return [.. Enumerable.Range(0, parts).Select(part => order.narrow(0, rows * part / parts, (rows * (part + 1) / parts) - (rows * part / parts)))];
    }
}
