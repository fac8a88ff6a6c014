using System.Globalization;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains the networks of a forecaster, each of which holds out series or stretches of time of its own, and calibrates its bounds.</summary>
/// <param name="options">The forecaster's options.</param>
/// <param name="reader">Reads series.</param>
/// <param name="run">The run.</param>
internal abstract class ForecastTraining<TModel>(LatentForecasterOptions options, SeriesSetReader reader, TrainingRun run)
    : ModelTraining<SeriesSet, TModel>(options, run)
    where TModel : ForecastModelParameters
{
    private const int FewestEpochs = 10;

    /// <summary>What is chosen where the options leave it open.</summary>
    protected virtual TrainingDefaults Defaults { get; } = new(Steps: 1200, LearningRate: 1e-2, WeightDecay: 1e-2, ScalesRateWithBatch: true);

    /// <summary>Share of the examples whose histories are as often of one, two, four observations as of any more, where there are many series.</summary>
    protected virtual double ShortHistories => 0;

    /// <summary>Most later values that an example looks at.</summary>
    protected virtual int MostTargets => ExampleSampler.UsualTargets;

    protected abstract LatentArchitecture CreateArchitecture(SeriesScaling scaling);

    protected abstract ForecastProblem CreateProblem(LatentNetwork network, ForecastBatchBuilder builder, ExampleSampler sampler, Generator generator, int seed);

    /// <summary>The architecture after training, where part of it was left open.</summary>
    /// <param name="architecture">That of training.</param>
    /// <param name="networks">Trained networks.</param>
    /// <param name="builder">Builds batches.</param>
    /// <param name="heldOut">Examples of what each network was not trained on.</param>
    protected virtual LatentArchitecture Complete(
        LatentArchitecture architecture, LatentNetwork[] networks, ForecastBatchBuilder builder, IReadOnlyList<ForecastExample>[] heldOut) => architecture;

    /// <summary>Makes the model.</summary>
    /// <param name="parts">What it is made of.</param>
    /// <param name="builder">Builds batches.</param>
    /// <param name="heldOut">Examples of what each network was not trained on.</param>
    protected abstract TModel CreateModel(ForecastParts parts, ForecastBatchBuilder builder, IReadOnlyList<ForecastExample>[] heldOut);

    protected override SeriesSet Read(IDataView data) => reader.Read(data, Run.Channel, Run.ThrowIfCancelled);

    protected override double? HeldOutFraction(long rows) => null;

    /// <summary>What networks of a kind keep beside that.</summary>
    protected abstract IEnumerable<KeptSetting> KeptOfNetworks(LatentArchitecture initial);

    protected override IEnumerable<KeptSetting> KeptSettings(TModel initial)
    {
        LatentSettings given = CreateArchitecture(initial.Scaling).Settings, kept = initial.Architecture.Settings;
        return
        [
            .. KeptSetting.OfColumns(reader.Columns, initial.Columns),
            KeptSetting.Of(nameof(options.SeasonalPeriods), options.SeasonalPeriods, initial.Scaling.Periods),
            KeptSetting.Of(nameof(options.Encoder), given.Encoder, kept.Encoder),
            KeptSetting.Of(nameof(options.LatentWidth), given.LatentWidth, kept.LatentWidth),
            KeptSetting.Of(nameof(options.HiddenWidth), given.HiddenWidth, kept.HiddenWidth),
            KeptSetting.Of(nameof(options.ContextLength), given.ContextLength, kept.ContextLength),
            KeptSetting.Of(nameof(options.EnsembleSize), options.EnsembleSize, initial.EnsembleSize),
            .. KeptOfNetworks(initial.Architecture),
        ];
    }

    protected override void Examine(SeriesSet rows)
    {
        if (Initial is not null)
        {
            Initial.Scaling.Categories.Check(reader.Columns, rows.Categories);
            string longest = options.MaximumHorizon is null ? nameof(options.Horizon) : nameof(options.MaximumHorizon);
            RequireInitial(
                Durations.IsWithin(Math.Min(GivenHorizon ?? 0, Span(rows.Series)), Initial.TrainedHorizon),
                string.Create(CultureInfo.InvariantCulture, $"it looks {Initial.TrainedHorizon} ahead, and {longest} says {GivenHorizon}. Train another, or say {nameof(options.MaximumHorizon)} = {Initial.TrainedHorizon} to have forecasts beyond stay what they are at its end."));
        }
    }

    // The longest time ahead that the options name; null where the data decide.
    private double? GivenHorizon => options.MaximumHorizon ?? (options.Horizon.Length > 0 ? options.Horizon.Max() : null);

    protected override TModel Train(SeriesSet training, SeriesSet? validation, Generator generator)
    {
        IReadOnlyList<TimeSeries> series = training.Series;
        double? horizon = Initial?.TrainedHorizon ?? HorizonOf(series);
        var ranges = new UsualRanges(series);
        SeriesScaling scaling = Initial?.Scaling ?? SeriesScaling.Fit([.. series.Select(ranges.Winsorize)], horizon, options.SeasonalPeriods) with
        {
            Categories = SeriesCategories.Learn(series, training.Categories),
        };
        scaling.Categories.Check(reader.Columns, validation?.Categories ?? training.Categories);
        EncodedSeries[] encoded = EncodedSeries.OfAll([.. series.Concat(validation?.Series ?? []).Select(ranges.Winsorize)], scaling);
        bool CountsSeries(IReadOnlyList<TimeSeries> heldOut) =>
            ForecastDivision.HoldsOutSeries(heldOut.Count, heldOut.Average(s => s.Times[^1] - s.Times[0]) / scaling.Horizon);
        bool holdsOutSeries = CountsSeries(series);
        int members = Initial?.EnsembleSize ?? options.EnsembleSize ?? ForecastDivision.DefaultMembers(series.Count, holdsOutSeries);
        Run.KeepChoice(nameof(options.EnsembleSize), options.EnsembleSize, members);
        Run.KeepChoice(nameof(options.MaximumHorizon), options.MaximumHorizon, scaling.Horizon);
        ForecastDivision division = validation is not null
            ? ForecastDivision.After(series.Count, members, CountsSeries(validation.Series))
            : ForecastDivision.Divide([.. series.Select(s => s.Count)], members, options.Training.ValidationFraction, holdsOutSeries, new Random(Run.Seed));
        return Train(encoded, division, scaling, dividesSeries: validation is null);
    }

    // The longest time ahead that training looks at: the one given, as far as a series reaches; null where neither says.
    private double? HorizonOf(IReadOnlyList<TimeSeries> series)
    {
        double span = Span(series);
        if (GivenHorizon is not { } given || span == 0 || Durations.IsWithin(given, span))
        {
            return GivenHorizon;
        }

        if (!Durations.IsWithin(given, ForecastReach.MostHorizons * span))
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"The longest time to forecast ahead is {given}, more than {ForecastReach.MostHorizons} times the longest series, which spans {span} in column '{options.TimeColumnName}'. Give {nameof(ForecasterOptions.Horizon)} or {nameof(LatentForecasterOptions.MaximumHorizon)} in that column's unit, days where it holds dates, and as times ahead, not points in time."));
        }

        Run.Channel.Warning(string.Create(
            CultureInfo.InvariantCulture,
            $"The longest time to forecast ahead is {given}, and no series spans more than {span} in column '{options.TimeColumnName}': nothing can be learned of what is farther ahead. Training looks {span} ahead, and forecasts beyond stay what they are there, with bounds that widen in proportion to the time."));
        return span;
    }

    private static double Span(IReadOnlyList<TimeSeries> series) => series.Max(s => s.Times[^1] - s.Times[0]);

    private TModel Train(EncodedSeries[] series, ForecastDivision division, SeriesScaling scaling, bool dividesSeries)
    {
        using DisposeScope scope = NewDisposeScope();
        LatentArchitecture architecture = Initial?.Architecture ?? CreateArchitecture(scaling);
        Run.KeepChoice(nameof(options.LatentWidth), options.LatentWidth, architecture.Settings.LatentWidth);
        Run.KeepChoice(nameof(options.HiddenWidth), options.HiddenWidth, architecture.Settings.HiddenWidth);
        var builder = new ForecastBatchBuilder(scaling, architecture.Settings.Anchor, architecture.Settings.SolverSteps, Run.Device);
        ExampleSampler Sampler(ForecastFold fold) =>
            new(series, fold, scaling.Horizon, architecture.Settings.ContextLength, architecture.Settings.Anchor == LatentAnchor.FirstObservation, division.CountsSeries ? ShortHistories : 0, MostTargets);
        ExampleSampler[] samplers = [.. division.Networks.Select(Sampler)];
        if (Array.Exists(samplers, sampler => sampler.Count == 0))
        {
            throw new InvalidOperationException(dividesSeries && Array.Exists(series, s => HasPair(s.Times, scaling.Horizon))
                ? $"Nothing is left to learn from once a part of the series is held out: a network needs two observations of a series within the longest horizon, {scaling.Horizon}, one to learn from and one to forecast. Give more series, or hold nothing out by {nameof(options.Training)}.{nameof(options.Training.ValidationFraction)} = 0."
                : $"There is nothing to learn from: no series has two observations within the longest horizon, {scaling.Horizon}, one to learn from and one to forecast.");
        }

        TrainingPlan plan = Run.Plan(DefaultsOf(samplers), samplers.Max(sampler => sampler.Count));
        LatentNetwork[] networks = EnsembleTraining.Run(samplers.Length, Run.Options, member =>
            TrainNetwork(architecture, scaling, builder, samplers[member.Index], plan with { Seed = Run.Seed + member.Index }, member));
        try
        {
            IReadOnlyList<ForecastExample>[] heldOut = Array.ConvertAll(samplers, sampler => sampler.HeldOut());
            architecture = Complete(architecture, networks, builder, heldOut);
            builder = builder.WithSteps(architecture.Settings.SolverSteps);
            (ForecastMember[] members, ForecastBlend? blend) = Blend(
                networks, samplers, new BlendTraining(builder, scaling, division.CountsSeries), () => new RegressionTraining(series, division, scaling, architecture.Settings.ContextLength).Fit());
            var calibration = new EnsembleCalibration(builder, scaling, division.CountsSeries);
            foreach ((ForecastMember member, ExampleSampler sampler) in members.Zip(samplers))
            {
                calibration.Add(member, sampler.HeldOut());
            }

            IReadOnlyList<ForecastExample> unseen = Sampler(division.Shared).HeldOut();
            double[] factors = calibration.Factors(members, unseen, options.ConfidenceLevel);
            double[] factorsAfterGap = calibration.FactorsAfterGap(factors, options.ConfidenceLevel);
            var parts = new ForecastParts(architecture, reader.Columns, scaling, networks, factors, factorsAfterGap, Run.Device)
            {
                Blend = blend,
                ScaleProfile = calibration.Profile,
                ConfidenceLevel = options.ConfidenceLevel,
                Quantiles = ForecastQuantiles.Create(options.QuantileLevels, factors, level => calibration.Factors(members, unseen, level)),
            };
            return CreateModel(parts, builder, heldOut);
        }
        catch
        {
            Array.ForEach(networks, network => network.Dispose());
            throw;
        }
    }

    private static bool HasPair(double[] times, double horizon) => times.Zip(times.Skip(1)).Any(pair => Durations.IsWithin(pair.Second - pair.First, horizon));

    // Batches of as many cuts, of fewer series, whose cuts resemble each other.
    private TrainingDefaults DefaultsOf(ExampleSampler[] samplers)
    {
        int cuts = samplers.Max(sampler => sampler.CutsPerDraw);
        return cuts == 1 ? Defaults : Defaults with
        {
            LearningRate = Defaults.LearningRate / Math.Sqrt(cuts),
            MaximumBatchSize = Defaults.MaximumBatchSize / cuts,
            MinimumEpochs = Math.Max(FewestEpochs, Defaults.MinimumEpochs / cuts),
        };
    }

    // What the networks of an initial model are blended with is kept, as its units are.
    private (ForecastMember[] Members, ForecastBlend? Blend) Blend(LatentNetwork[] networks, ExampleSampler[] samplers, BlendTraining training, Func<HistoryRegression[]> fit)
    {
        if (Initial is not null)
        {
            return (Array.ConvertAll(networks, network => new ForecastMember(network, Initial.Blend)), Initial.Blend);
        }

        HistoryRegression[] regressions = fit();
        for (int i = 0; i < networks.Length; i++)
        {
            training.Add(networks[i], regressions[i], samplers[i].HeldOut());
        }

        var blend = new ForecastBlend(HistoryRegression.Average(regressions), training.NetworkShares());
        return ([.. networks.Zip(regressions, (network, regression) => new ForecastMember(network, blend with { Regression = regression }))], blend);
    }

    private LatentNetwork TrainNetwork(LatentArchitecture architecture, SeriesScaling scaling, ForecastBatchBuilder builder, ExampleSampler sampler, TrainingPlan plan, EnsembleMember member)
    {
        using var generator = new Generator((ulong)plan.Seed, CPU);
        LatentNetwork network = architecture.CreateNetwork(scaling, generator);
        try
        {
            Initial?.Networks[member.Index].CopyStateTo(network);
            network.to(Run.Device);
            Optimize(CreateProblem(network, builder, sampler, generator, plan.Seed), plan, member);
            network.FreezeState();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }
}
