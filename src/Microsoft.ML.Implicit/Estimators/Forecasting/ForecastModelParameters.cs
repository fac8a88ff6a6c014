using System.Security.Cryptography;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A trained forecaster of series: an ensemble of latent networks with their units. Safe to use from several threads at once.</summary>
public abstract class ForecastModelParameters : ImplicitModelParameters
{
    // Times in a horizon at which the path beyond it is looked at.
    internal const int PathTimes = 4;

    private readonly ForecastEnsemble _ensemble;
    private readonly DisposalGate _gate = new();
    private byte[]? _identity;

    private protected ForecastModelParameters(ForecastParts parts)
    {
        Parts = parts;
        _identity = parts.Identity;
        _ensemble = new ForecastEnsemble(parts.Networks, parts.Architecture, parts.Scaling, parts.Device);
    }

    /// <summary>Number of networks whose forecasts are averaged.</summary>
    public int EnsembleSize => Networks.Count;

    /// <inheritdoc/>
    public override long ParameterCount => Networks.Sum(network => network.parameters().Sum(parameter => parameter.numel()));

    /// <summary>Longest time ahead that training looked at, in the unit of the time column. Forecasts are given up to 1000 times as far ahead.</summary>
    public double TrainedHorizon => Scaling.Horizon;

    /// <summary>Levels of the quantiles that it gives beside forecasts and bounds.</summary>
    public IReadOnlyList<double> QuantileLevels => Quantiles.Levels;

    internal ForecastQuantiles Quantiles => Parts.Quantiles;

    /// <summary>What the mean of the networks is blended with; <see langword="null"/> where they forecast alone.</summary>
    internal ForecastBlend? Blend => Parts.Blend;

    /// <summary>What corrects the networks' scales by the time ahead.</summary>
    internal ScaleProfile ScaleProfile => Parts.ScaleProfile;

    /// <summary>Most recent observations that a forecast looks at.</summary>
    internal int Memory => Math.Max(Architecture.Settings.ContextLength, Blend?.Regression.Regressors.Memory ?? 0);

    /// <summary>The columns that it was trained on: its variables, static values and covariates are told apart by their order alone.</summary>
    internal SeriesColumns Columns => Parts.Columns;

    internal LatentArchitecture Architecture => Parts.Architecture;

    internal SeriesScaling Scaling => Parts.Scaling;

    /// <summary>A digest of what was learned, as it was first written or computed: it stays the same in files of later versions.</summary>
    internal byte[] Identity => _identity ??= ComputeIdentity();

    internal double[] IntervalFactors => Parts.IntervalFactors;

    /// <summary>In place of the others where <see cref="SeriesScaling.IsInterrupted"/>.</summary>
    internal double[] IntervalFactorsAfterGap => Parts.IntervalFactorsAfterGap;

    // Whether states of the encoders can take in an observation without those before.
    private bool IsIncremental => Architecture.Settings.Anchor == LatentAnchor.LastObservation && Networks[0].Encoder.IsIncremental;

    internal IReadOnlyList<LatentNetwork> Networks => _ensemble.Networks;

    /// <summary>Whether series are forecast without tensor operations.</summary>
    internal bool IsManaged => _ensemble.IsManaged;

    private protected override IEnumerable<nn.Module> Modules => Networks;

    private protected sealed override FormattableString Description =>
        $"{Kind} forecaster: {Scaling.Variables.Length} {(Scaling.Variables.Length == 1 ? "variable" : "variables")} up to {TrainedHorizon:G5} ahead, {EnsembleSize} {(EnsembleSize == 1 ? "network" : "networks")} of hidden width {Architecture.Settings.HiddenWidth} with {Architecture.Settings.LatentWidth} latent numbers, encoder {Architecture.Settings.Encoder}.";

    /// <summary>What its networks are.</summary>
    private protected abstract string Kind { get; }

    private protected ForecastParts Parts { get; }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _gate.Close(GetType());
        _ensemble.Dispose();
        GC.SuppressFinalize(this);
    }

    internal override void MoveTo(Device device) => _gate.RunAlone(() => _ensemble.MoveTo(device));

    /// <summary>Forecasts series at given times.</summary>
    /// <param name="series">Series with at least one observation.</param>
    /// <param name="times">Times for each series; forecasts before its last observation are NaN, and those of a variable that was last observed too long before.</param>
    internal SeriesForecast[] Forecast(IReadOnlyList<TimeSeries> series, IReadOnlyList<double[]> times)
    {
        ForecastQuestion question = Ask(series, times);
        SeriesForecast[] forecasts = Forecast(question.Examples);
        return [.. series.Select((_, row) => SeriesForecast.Combine([.. Enumerable.Range(0, Scaling.Variables.Length).Select(v => forecasts[question.HistoryOf(row, v)])]))];
    }

    private protected ForecastQuestion Ask(IReadOnlyList<TimeSeries> series, IReadOnlyList<double[]> times)
    {
        int[][] counts = [.. series.Select(s => Enumerable.Range(0, Scaling.Variables.Length).Select(v => Scaling.HistoryCount(s, v)).ToArray())];
        (int Row, int Count)[] histories = [.. counts.SelectMany((variables, row) => variables.Distinct().Select(count => (row, count)))];
        EncodedSeries[] encoded = EncodedSeries.OfAll(series, Scaling);
        return new ForecastQuestion(
            counts, histories, [.. histories.Select(history => CreateExample(encoded[history.Row], history.Count, times[history.Row], encoded[history.Row].Times[^1]))]);
    }

    /// <summary>Evaluates the networks while they are neither moved nor disposed of.</summary>
    private protected T Evaluate<T>(Func<ForecastEnsemble, T> function)
    {
        using DisposalGate.Use use = _gate.Enter();
        return function(_ensemble);
    }

    /// <summary>Forecasts the series behind a state.</summary>
    internal SeriesForecast Forecast(ForecastState state, double[] times)
    {
        ForecastState[] histories = [.. Enumerable.Range(0, Scaling.Variables.Length).Select(state.HistoryOf)];
        Dictionary<ForecastState, SeriesForecast> forecasts = histories.Distinct().ToDictionary(history => history, history => Forecast(history, times, state.History.LastTime));
        return SeriesForecast.Combine([.. histories.Select(history => forecasts[history])]);
    }

    private SeriesForecast Forecast(ForecastState history, double[] times, double start)
    {
        if (!IsIncremental)
        {
            var series = new EncodedSeries(history.ToSeries(history.Count), Scaling, history.BeforeWindow);
            return Forecast([CreateExample(series, series.Count, times, start)])[0];
        }

        var example = new ForecastExample(new EncodedSeries(history), 0, 1, times, null) { Start = start, IsInterrupted = history.IsInterrupted };
        return Forecast([example], history)[0];
    }

    /// <summary>Lets a state take in an observation.</summary>
    internal void Advance(ForecastState state, double time, float[] values)
    {
        if (state.Advance(time, values) is { } gap)
        {
            Encode(state, gap);
        }
    }

    /// <summary>Sets a state's covariates, also in what it has taken in already.</summary>
    internal void SetCovariates(ForecastState state, double[] times, float[][] values, string[][] categories)
    {
        foreach (ForecastState history in state.Histories)
        {
            history.SetCovariates(times, values, categories);
            foreach (double gap in history.Replay())
            {
                Encode(history, gap);
            }
        }
    }

    private void Encode(ForecastState state, double gap)
    {
        if (IsIncremental)
        {
            using DisposalGate.Use use = _gate.Enter();
            _ensemble.Encode(state, gap);
        }
    }

    // From the encoders' states of the one example's history, or from the histories themselves. Bounds hold what follows a last value that is in doubt, unless it is trusted.
    private protected SeriesForecast[] Forecast(ForecastExample[] examples, ForecastState? state = null, bool trustsLast = false)
    {
        using DisposalGate.Use use = _gate.Enter();
        ForecastExample[] asked = Array.ConvertAll(examples, WithPath);
        (float[] means, float[] scales) = _ensemble.Predict(asked, state);
        Blend?.Apply(means, asked);
        ScaleProfile.Apply(scales, asked, Scaling.Horizon);
        int stride = means.Length / examples.Length;
        return [.. examples.Select((example, row) => ToUnits(example, means.AsSpan(row * stride, stride), scales.AsSpan(row * stride, stride), trustsLast))];
    }

    /// <exception cref="ArgumentException">An input column is missing or has another type than in training.</exception>
    internal void CheckInput(DataViewSchema schema, SeriesColumns input, string? times)
    {
        SchemaShape shape = SchemaShape.Create(schema);
        input.Check(shape);
        Scaling.Categories.Check(input, CategoryColumns.Of(input, schema));
        if (times is not null)
        {
            SeriesColumns.CheckTimes(shape, nameof(ForecasterOptions.ForecastTimeColumnName), times);
        }
    }

    /// <summary>Whether a model of these parts reads and writes such columns.</summary>
    internal bool Fits(SeriesColumns input, ForecastColumns output) =>
        Scaling.Variables.Length == input.Values.Length
        && Scaling.Categories.Fits(input, Scaling.StaticCenters.Length, Scaling.CovariateCenters.Length)
        && Quantiles.Levels.Length > 0 == output.Quantiles is not null;

    internal void Write(DocumentWriter writer)
    {
        Parts.Write(writer);
        writer.Write("identity", Identity);
    }

    private byte[] ComputeIdentity()
    {
        var writer = new DocumentWriter();
        Parts.Write(writer);
        return SHA256.HashData(writer.ToBytes());
    }

    private ForecastExample CreateExample(EncodedSeries series, int count, double[] times, double start)
    {
        var window = HistoryWindow.Create(Architecture.Settings.ContextLength, Architecture.Settings.Anchor == LatentAnchor.FirstObservation, Scaling.Horizon);
        int first = window.First(series.Times, count);
        return new ForecastExample(series, first, count - first, times, null) { Start = start, IsInterrupted = Scaling.IsInterrupted(series.Times.AsSpan(first, count - first)) };
    }

    // Asks for the forecasts from the end of the trained horizon on, behind those at all other times, where one of these lies beyond it.
    private ForecastExample WithPath(ForecastExample example)
    {
        double farthest = example.TargetTimes.Select(time => Extrapolation(example, time)).DefaultIfEmpty(1).Max();
        double last = example.Series.Times[example.Last];
        return farthest > 1
            ? example with { TargetTimes = [.. example.TargetTimes, .. Enumerable.Range(0, PathLength(farthest)).Select(i => last + ((1 + (i / (double)PathTimes)) * Scaling.Horizon))] }
            : example;
    }

    private static int PathLength(double extrapolation) => 1 + (int)Durations.Floor((extrapolation - 1) * PathTimes);

    private double Extrapolation(ForecastExample example, double time) =>
        ForecastReach.Extrapolation(time, example.Series.Times[example.Last], Scaling.Horizon);

    private SeriesForecast ToUnits(ForecastExample example, ReadOnlySpan<float> means, ReadOnlySpan<float> scales, bool trustsLast)
    {
        int variables = Scaling.Variables.Length;
        int count = example.TargetTimes.Length;
        double[] factors = example.IsInterrupted ? IntervalFactorsAfterGap : IntervalFactors;
        var forecast = new SeriesForecast(new float[variables * count], new float[variables * count], new float[variables * count]);
        for (int m = 0; m < count; m++)
        {
            double time = example.TargetTimes[m];
            bool isAhead = time >= example.Start && ForecastReach.Covers(time, example.Series.Times[example.Last], Scaling.Horizon);
            double extrapolation = Extrapolation(example, time);
            for (int v = 0; v < variables; v++)
            {
                int place = (m * variables) + v;
                VariableScale scale = Scaling.Variables[v];
                double start = example.Series.Starts[(example.Last * variables) + v];
                double adjusted = start + (means[place] * scale.ChangeScale);
                double mean = isAhead ? adjusted + Scaling.Seasonal(v, time) : double.NaN;
                double half = scale.ChangeScale * factors[v] * scales[place];
                half = extrapolation > 1 ? Math.Max(half, scale.ChangeScale * ExtrapolatedHalfWidth(means, scales, factors, place, count, extrapolation)) : half;
                (double last, double previous) = example.Series.LastSteps[(example.Last * variables) + v];
                half = Math.Max(half, Scaling.LeastHalfWidth(v, start));

                // A network knows nothing of changes from a level in doubt: they are as large as changes are.
                double doubt = trustsLast ? 0 : Scaling.Doubt(v, adjusted, last, previous);
                half = doubt > 0 ? Math.Max(half, scale.ChangeScale * IntervalFactors[v]) + doubt : half;
                int flat = (v * count) + m;
                forecast.Mean[flat] = (float)mean;
                forecast.Lower[flat] = (float)(mean - half);
                forecast.Upper[flat] = (float)(mean + half);
            }
        }

        return forecast;
    }

    // Nothing was learned of what follows the horizon: it may be as forecast at its end, with an error that grows in proportion to the time, or as
    // anywhere on the path since.
    private double ExtrapolatedHalfWidth(ReadOnlySpan<float> means, ReadOnlySpan<float> scales, double[] factors, int place, int count, double extrapolation)
    {
        int variables = Scaling.Variables.Length;
        int variable = place % variables;
        int horizon = (count * variables) + variable;
        double distance = Math.Abs(means[place] - means[horizon]);
        double scale = 0;
        for (int i = 0; i < PathLength(extrapolation); i++)
        {
            int path = horizon + (i * variables);
            distance = Math.Max(distance, Math.Abs(means[path] - means[horizon]));
            scale = Math.Max(scale, scales[path]);
        }

        return distance + (factors[variable] * Math.Max(scale, extrapolation * scales[horizon]));
    }
}
