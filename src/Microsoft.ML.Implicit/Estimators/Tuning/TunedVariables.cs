using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// What is tuned as one vector v without bounds: the change of the penalties' common logarithm, their deviations from it, and the log-odds of example weights, each
/// zero at the start, expected to be normal about it, and in units of the deviation that is expected.
/// </summary>
/// <param name="initial">Penalties to set out from, float64 <c>[penalties]</c>.</param>
/// <param name="rowCount">Training rows.</param>
/// <param name="options">What is tuned.</param>
internal sealed class TunedVariables(Tensor initial, long rowCount, RegularizationTuningOptions options)
{
    // Wide enough to reach any penalty that data speaks for, and narrow enough to come back from those for which it does not.
    private const double LevelSpread = 5;

    // The search's first step has the length 0.1, which is to be half of what is expected, in each variable.
    private const double Reach = 5;

    private readonly long _level = options.Penalties == PenaltySharing.Fixed ? 0 : 1;
    private readonly long _deviations = options.Penalties == PenaltySharing.Each ? initial.shape[0] : 0;
    private readonly long _odds = options.TuneExampleWeights ? rowCount : 0;

    public long Count => _level + _deviations + _odds;

    /// <summary>The penalties at v, with a graph to it.</summary>
    public Tensor Penalties(Tensor v)
    {
        Tensor logarithms = initial.log();
        if (_level > 0)
        {
            logarithms = logarithms.Plus(Part(v, 0, 1, LevelSpread));
        }

        return (_deviations > 0 ? logarithms.Plus(Part(v, _level, _deviations, options.PenaltySpread)) : logarithms).exp();
    }

    /// <summary>Example weights between 0 and 1 at v, with a graph to it; <see langword="null"/> where they are not tuned.</summary>
    public Tensor? ExampleWeights(Tensor v) => _odds > 0 ? Part(v, _level + _deviations, _odds, options.ExampleWeightSpread).sigmoid() : null;

    /// <summary>The negative logarithm of what v was expected to be, with a graph to it.</summary>
    public Tensor Surprise(Tensor v) => v.Squared().sum() * (0.5 * Unit * Unit).Held();

    private double Unit => Reach * Math.Sqrt(Count);

    private Tensor Part(Tensor v, long start, long count, double spread) => v.narrow(0, start, count) * (Unit * spread).Held();
}
