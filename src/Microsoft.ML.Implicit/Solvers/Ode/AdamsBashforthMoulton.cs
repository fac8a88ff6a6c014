using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>
/// The predictor-corrector method of Adams, Bashforth and Moulton of order 4 with fixed steps: two evaluations a step
/// whatever the order (Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, III.1).
/// </summary>
public sealed class AdamsBashforthMoulton : OdeMethod
{
    internal AdamsBashforthMoulton()
        : base(nameof(AdamsBashforthMoulton), 4, 0)
    {
    }

    /// <summary>Number of slopes that a step needs, the present one included.</summary>
    internal const int HistoryLength = 4;

    /// <summary>Weights of the predictor on f at the present and the three steps before it.</summary>
    internal static double[] Predictor { get; } = [55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24];

    /// <summary>Weights of the corrector on f at the predicted point, the present and the two steps before it.</summary>
    internal static double[] Corrector { get; } = [9.0 / 24, 19.0 / 24, -5.0 / 24, 1.0 / 24];

    /// <summary>z + h Σᵢ wᵢfᵢ, a tensor of its own.</summary>
    internal static Tensor Combine(Tensor state, double[] weights, IReadOnlyList<Tensor> slopes, double size)
    {
        Tensor sum = state.clone();
        for (int i = 0; i < weights.Length; i++)
        {
            sum.add_(slopes[i], alpha: (weights[i] * size).Held());
        }

        return sum;
    }
}
