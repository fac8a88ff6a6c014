using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Half-widths of an ensemble's intervals, in predicted scales. Each network forecasts what it did not train on, so that errors are
/// known of most of the data (cross-conformal prediction, Vovk, 2015). The mean of all networks errs less than one of them,
/// by what they disagree (Krogh and Vedelsby, "Neural network ensembles, cross validation, and active learning", 1995): by
/// how much the bounds may be narrower is seen where none of them was trained, or with few series left out, which makes bounds
/// wider than they need be. Scales are corrected by the time ahead before.
/// </summary>
/// <param name="builder">Builds batches.</param>
/// <param name="scaling">Units.</param>
/// <param name="countsSeries">Whether series are the units that vary, rather than stretches of time.</param>
internal sealed class EnsembleCalibration(ForecastBatchBuilder builder, SeriesScaling scaling, bool countsSeries)
{
    /// <summary>Series that a ratio of errors should rest on.</summary>
    public const int FewestUnseenSeries = 30;

    private const int BatchSize = 256;
    private const int MostInterrupted = 128;
    private const int MostAfterGap = 9;
    private const double GapInHorizons = 100;

    private readonly List<ScaledError> _errors = [];
    private readonly List<ScaledError> _errorsAfterGap = [];
    private readonly Random _random = new(0);
    private ScaleProfile? _profile;
    private ConformalCalibration? _conformal;

    /// <summary>What corrects scales by the time ahead, from all errors taken in.</summary>
    public ScaleProfile Profile => _profile ??= ScaleProfileTraining.Fit(_errors, scaling.Variables.Length, countsSeries);

    /// <summary>Takes in the errors of one network.</summary>
    /// <param name="member">The network.</param>
    /// <param name="heldOut">Examples whose targets it was not trained on.</param>
    public void Add(ForecastMember member, IReadOnlyList<ForecastExample> heldOut)
    {
        Add(_errors, member, heldOut, heldOut);
        ForecastExample[] divisible = [.. heldOut.Where(example => example.Count > 1)];
        _random.Shuffle(divisible);
        ForecastExample[] whole = divisible[..Math.Min(MostInterrupted, divisible.Length)];
        Add(_errorsAfterGap, member, whole, Array.ConvertAll(whole, Interrupt));
    }

    private void Add(List<ScaledError> all, ForecastMember member, IReadOnlyList<ForecastExample> heldOut, IReadOnlyList<ForecastExample> asked)
    {
        using IDisposable noGradient = no_grad();
        foreach ((ForecastExample Whole, ForecastExample Asked)[] examples in heldOut.Zip(asked).Chunk(BatchSize))
        {
            using DisposeScope scope = NewDisposeScope();
            ForecastExample[] questions = Array.ConvertAll(examples, pair => pair.Asked);
            ForecastBatch batch = builder.Build(questions);
            (Tensor mean, Tensor scale) = member.Predict(batch, questions);
            float[] errors = [.. (batch.Targets - mean).cpu().data<float>()];
            float[] scales = [.. scale.cpu().contiguous().data<float>()];
            float[] mask = [.. batch.Mask.cpu().data<float>()];
            int variables = (int)batch.Mask.shape[2];
            int targets = (int)batch.TargetCount;
            for (int i = 0; i < mask.Length; i++)
            {
                if (mask[i] > 0)
                {
                    ForecastExample example = examples[i / (variables * targets)].Whole;
                    int target = i / variables % targets;
                    all.Add(new ScaledError(example.Series, example.Stretch(target, scaling.Horizon), i % variables, example.Ahead(target) / scaling.Horizon, errors[i], scales[i]));
                }
            }
        }
    }

    /// <summary>The factor in place of a given one for each variable where a history has a gap longer than all in training.</summary>
    public double[] FactorsAfterGap(double[] factors, double level) => [.. Conformal(_errorsAfterGap).Factors(level).Zip(factors, Math.Max)];

    /// <summary>The factor for each variable's mean scale, such that intervals around the mean of all networks hold a value with the given probability.</summary>
    /// <param name="members">The ensemble.</param>
    /// <param name="unseen">Examples whose targets no network was trained on.</param>
    /// <param name="level">The probability.</param>
    public double[] Factors(IReadOnlyList<ForecastMember> members, IReadOnlyList<ForecastExample> unseen, double level) =>
        [.. (_conformal ??= Conformal(_errors)).Factors(level).Zip(QuantileRatios(members, unseen, level), (factor, ratio) => factor * ratio)];

    private ConformalCalibration Conformal(List<ScaledError> errors)
    {
        var conformal = new ConformalCalibration(countsSeries, [.. scaling.Variables.Select(variable => variable.LevelMemory is not null)]);
        foreach (ScaledError error in errors)
        {
            conformal.Add(error.Series, error.Stretch, error.Variable, error.Error, error.Scale * Profile.At(error.Variable, error.Place));
        }

        return conformal;
    }

    // The same question with some of the history longer ago than any gap of training.
    private ForecastExample Interrupt(ForecastExample example)
    {
        int after = (int)Math.Pow(Math.Min(MostAfterGap, example.Count), _random.NextDouble());
        double gap = scaling.LongestGap * Math.Pow(Math.Max(1, GapInHorizons * scaling.Horizon / scaling.LongestGap), _random.NextDouble());
        return example with { Series = example.Series.Interrupt(example.Last + 1 - after, gap, scaling), IsInterrupted = true };
    }

    // What the ensemble's scaled errors stay below with the given probability, in what those of a single network do; 1 where too little is known.
    private double[] QuantileRatios(IReadOnlyList<ForecastMember> members, IReadOnlyList<ForecastExample> unseen, double level)
    {
        if (unseen.Select(example => example.Series).Distinct().Count() < FewestUnseenSeries)
        {
            return [.. scaling.Variables.Select(_ => 1.0)];
        }

        using IDisposable noGradient = no_grad();
        List<float>[] ensemble = [.. scaling.Variables.Select(_ => new List<float>())];
        List<float>[] single = [.. scaling.Variables.Select(_ => new List<float>())];
        foreach (ForecastExample[] examples in unseen.Chunk(BatchSize))
        {
            using DisposeScope scope = NewDisposeScope();
            ForecastBatch batch = builder.Build(examples);
            (Tensor Mean, Tensor Scale)[] predictions = [.. members.Select(member => member.Predict(batch, examples))];
            Tensor means = stack(predictions.Select(prediction => prediction.Mean));
            Tensor scales = stack(predictions.Select(prediction => prediction.Scale));
            Collect((means.mean([0], keepdim: true) - batch.Targets).abs() / scales.mean([0], keepdim: true), batch.Mask, ensemble);
            Collect((means - batch.Targets).abs() / scales, batch.Mask, single);
        }

        return [.. ensemble.Zip(single, (together, alone) => Quantile(alone, level) is > 0 and var one ? Quantile(together, level) / one : 1)];
    }

    // Scores [networks, batch, targets, variables] where the mask is 1.
    private static void Collect(Tensor scores, Tensor mask, List<float>[] variables)
    {
        float[] values = [.. scores.cpu().contiguous().data<float>()];
        float[] isObserved = [.. mask.cpu().contiguous().data<float>()];
        for (int i = 0; i < values.Length; i++)
        {
            if (isObserved[i % isObserved.Length] > 0)
            {
                variables[i % variables.Length].Add(values[i]);
            }
        }
    }

    private static double Quantile(List<float> scores, double level)
    {
        scores.Sort();
        return scores.Count == 0 ? 0 : scores[Math.Max(0, (int)Math.Ceiling(level * scores.Count) - 1)];
    }
}
