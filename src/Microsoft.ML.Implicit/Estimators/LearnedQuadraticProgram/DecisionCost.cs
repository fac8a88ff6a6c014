using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What decisions cost.</summary>
internal static class DecisionCost
{
    /// <summary>½ zᵀQz + cᵀz of each row, [rows, 1].</summary>
    /// <param name="z">Decisions, [rows, variables].</param>
    /// <param name="costs">c, [rows, variables].</param>
    /// <param name="q">Q, [variables, variables] or one a row; or <see langword="null"/>.</param>
    public static Tensor Of(Tensor z, Tensor costs, Tensor? q) =>
        (z * (q is null ? costs : costs.Plus(Curvature(z, q) / 2.Held()))).sum([1], keepdim: true);

    /// <summary>Q z of each row, with the symmetric part of Q: [rows, variables].</summary>
    public static Tensor Curvature(Tensor z, Tensor q)
    {
        Tensor symmetric = q.Plus(q.transpose(-1, -2)) / 2.Held();
        return symmetric.matmul(z.unsqueeze(2)).squeeze(2);
    }
}
