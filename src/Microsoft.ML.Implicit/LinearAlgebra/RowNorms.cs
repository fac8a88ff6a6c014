using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>Euclidean norms of a batch's rows, on the host.</summary>
internal static class RowNorms
{
    /// <summary>The norm of each row.</summary>
    /// <param name="vectors"><c>[rows, ...]</c>.</param>
    public static double[] Of(Tensor vectors)
    {
        using DisposeScope scope = NewDisposeScope();
        return [.. vectors.reshape(vectors.shape[0], -1).norm(1, false, 2f).cpu().to(ScalarType.Float64).data<double>()];
    }

    /// <summary>Whether the norm of a row is above its limit.</summary>
    public static bool AnyAbove(double[] norms, double[] limits) => norms.Zip(limits).Any(row => row.First > row.Second);
}
