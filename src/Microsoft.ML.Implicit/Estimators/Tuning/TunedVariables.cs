using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// What is tuned as one vector v without bounds, in units of the deviation that is expected of each, normal about zero: first what all penalties and all example weights have in
/// common, then the deviations of each penalty. A vector may end before these, which are zero then.
/// </summary>
/// <param name="initial">Penalties to set out from, float64 <c>[penalties]</c>.</param>
/// <param name="options">What is tuned.</param>
internal sealed class TunedVariables(Tensor initial, RegularizationTuningOptions options)
{
    // Wide enough to reach any penalty that data speaks for, and narrow enough to come back from those for which it does not.
    private const double LevelSpread = 5;

    // Of log-odds that are the same for all rows: between one row in fifty and all but one in fifty are wrong.
    private const double OffsetSpread = 2;
    private const double SlopeSpread = 0.5;

    private readonly int _level = options.Penalties == PenaltySharing.Fixed ? 0 : 1;
    private readonly int _line = options.TuneExampleWeights ? 2 : 0;

    /// <summary>How many are common to all penalties or example weights.</summary>
    public int CommonCount => _level + _line;

    public int Count => CommonCount + (options.TunesEachPenalty ? (int)initial.shape[0] : 0);

    /// <summary>The penalties at v and, last, 0 for the intercept, <c>[penalties + 1]</c>, with a graph to it.</summary>
    public Tensor Penalties(Tensor v)
    {
        Tensor logarithms = initial.log();
        if (_level > 0)
        {
            logarithms = logarithms.Plus(v.narrow(0, 0, 1) * LevelSpread.Held());
        }

        logarithms = v.shape[0] > CommonCount ? logarithms.Plus(v.narrow(0, CommonCount, Count - CommonCount) * options.PenaltySpread.Held()) : logarithms;
        return cat([logarithms.exp(), zeros([1], ScalarType.Float64)]);
    }

    /// <summary>Example weights between 0 and 1 at v, with a graph to it; <see langword="null"/> where they are not tuned.</summary>
    /// <param name="v">Variables.</param>
    /// <param name="agreement">Log-odds that a model which has not seen a row gives for its label, float64 <c>[rows]</c>.</param>
    public Tensor? ExampleWeights(Tensor v, Tensor? agreement) => agreement is null
        ? null
        : LabelOdds.Weights(agreement, v.narrow(0, _level, 1) * OffsetSpread.Held(), v.narrow(0, _level + 1, 1) * SlopeSpread.Held());

    /// <summary>The negative logarithm of what v was expected to be, with a graph to it.</summary>
    public static Tensor Surprise(Tensor v) => v.Squared().sum() * 0.5.Held();
}
