using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>
/// When a constraint is clearly held, by a multiplier beside which its slack is negligible, or clearly missed. What interior iterates leave of the smaller of the
/// two would be an error of the derivatives, so that slacks are stored for these as they are in the limit, in which the former has none and the latter is no constraint.
/// </summary>
internal static class Complementarity
{
    /// <summary>Largest ratio of the smaller to the larger, in normal units.</summary>
    public const double Separation = 1e-4;

    /// <summary>Most steps that are taken after convergence to separate the two.</summary>
    public const int MaximumSteps = 4;

    // Less may be what rounding left of a constraint that is active without a multiplier.
    private const double NegligibleSlack = 1e-8;

    /// <summary>The slack to store, in normal units: 0 if held, infinity if missed, itself if neither is clear.</summary>
    public static double Separate(double slack, double multiplier) =>
        slack <= Separation * multiplier ? 0 : slack > NegligibleSlack && multiplier <= Separation * slack ? double.PositiveInfinity : slack;

    /// <summary>The same for every entry.</summary>
    public static Tensor Separate(Tensor slack, Tensor multiplier)
    {
        Tensor held = slack.le(multiplier * Separation.Held()), missed = multiplier.le(slack * Separation.Held()).logical_and(slack > NegligibleSlack.Held());
        return slack.masked_fill(missed, double.PositiveInfinity.Held()).masked_fill_(held, 0.Held());
    }
}
