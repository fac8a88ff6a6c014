using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>Jacobians of several values a row.</summary>
internal static class ResidualJacobian
{
    /// <summary>Derivatives of values by as many products as a row has unknowns: the pullback u ↦ Jᵀ u is linear in u, so that its own pullback is the pushforward.</summary>
    /// <returns><c>[rows, unknowns, count]</c>, without a graph.</returns>
    public static Tensor Of(IRowObjective function, Tensor y, IReadOnlyList<Tensor> inputs)
    {
        using IDisposable graph = enable_grad();
        Tensor state = y.detach().requires_grad_();
        Tensor values = function.Values(state, inputs);
        Tensor cotangent = zeros_like(values).detach().requires_grad_();
        long rows = y.shape[0], width = y.numel() / Math.Max(rows, 1);
        Tensor? product = GuardedAutograd.DifferentiablePullback(values, [state], cotangent)[0];
        if (product is null)
        {
            return zeros([rows, width, values.shape[1]], y.dtype, y.device);
        }

        Tensor units = eye(width, dtype: y.dtype, device: y.device);
        Tensor[] columns =
        [
            .. Enumerable.Range(0, (int)width).Select(j =>
                GuardedAutograd.Pullback([product], [cotangent], [units[j].expand(rows, width).reshape(product.shape)], function, retainGraph: true)[0] ?? zeros_like(values)),
        ];
        return stack(columns, 1).detach();
    }
}
