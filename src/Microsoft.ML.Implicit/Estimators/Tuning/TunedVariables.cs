using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// What is tuned as one vector u without bounds: the change of the penalties' common logarithm, their deviations from it, and the log-odds of example weights, each
/// zero at the start and expected to be normal about it.
/// </summary>
/// <param name="initial">Penalties to set out from, float64 <c>[penalties]</c>.</param>
/// <param name="rowCount">Training rows.</param>
/// <param name="options">What is tuned.</param>
internal sealed class TunedVariables(Tensor initial, long rowCount, RegularizationTuningOptions options)
{
    // Wide enough to reach any penalty that data speaks for, and narrow enough to come back from those for which it does not.
    private const double LevelSpread = 5;

    private readonly long _level = options.Penalties == PenaltySharing.Fixed ? 0 : 1;
    private readonly long _deviations = options.Penalties == PenaltySharing.Each ? initial.shape[0] : 0;
    private readonly long _odds = options.TuneExampleWeights ? rowCount : 0;

    public long Count => _level + _deviations + _odds;

    /// <summary>The penalties at u, with a graph to it.</summary>
    public Tensor Penalties(Tensor u)
    {
        Tensor logarithms = initial.log();
        if (_level > 0)
        {
            logarithms = logarithms.Plus(u.narrow(0, 0, 1));
        }

        return (_deviations > 0 ? logarithms.Plus(u.narrow(0, _level, _deviations)) : logarithms).exp();
    }

    /// <summary>Example weights between 0 and 1 at u, with a graph to it; <see langword="null"/> where they are not tuned.</summary>
    public Tensor? ExampleWeights(Tensor u) => _odds > 0 ? u.narrow(0, _level + _deviations, _odds).sigmoid() : null;

    /// <summary>The negative logarithm of what u was expected to be, with a graph to it.</summary>
    public Tensor Surprise(Tensor u)
    {
        Tensor sum = zeros([], ScalarType.Float64);
        foreach ((long start, long count, double spread) in new[]
        {
            (0L, _level, LevelSpread), (_level, _deviations, options.PenaltySpread), (_level + _deviations, _odds, options.ExampleWeightSpread),
        })
        {
            sum = count > 0 ? sum.Plus(u.narrow(0, start, count).Squared().sum() * (0.5 / (spread * spread)).Held()) : sum;
        }

        return sum;
    }
}
