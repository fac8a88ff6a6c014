using System.Security.Cryptography;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A trained latent-ODE forecaster: an ensemble of networks with their units. Safe to use from several threads at once.</summary>
public sealed class LatentOdeModelParameters : ImplicitModelParameters
{
    // Times in a horizon at which the path beyond it is looked at.
    internal const int PathTimes = 4;

    private readonly ForecastEnsemble _ensemble;
    private readonly DisposalGate _gate = new();
    private byte[]? _identity;

    internal LatentOdeModelParameters(LatentOdeArchitecture architecture, SeriesColumns columns, SeriesScaling scaling, LatentOdeNetwork[] networks, double[] intervalFactors, double[] intervalFactorsAfterGap, Device device)
    {
        Architecture = architecture;
        Columns = columns;
        Scaling = scaling;
        IntervalFactors = intervalFactors;
        IntervalFactorsAfterGap = intervalFactorsAfterGap;
        _ensemble = new ForecastEnsemble(networks, architecture, scaling, device);
    }

    /// <summary>Number of networks whose forecasts are averaged.</summary>
    public int EnsembleSize => Networks.Count;

    /// <inheritdoc/>
    public override long ParameterCount => Networks.Sum(network => network.parameters().Sum(parameter => parameter.numel()));

    /// <summary>Longest time ahead that training looked at, in the unit of the time column. Forecasts are given up to 1000 times as far ahead.</summary>
    public double TrainedHorizon => Scaling.Horizon;

    /// <summary>Levels of the quantiles that it gives beside forecasts and bounds.</summary>
    public IReadOnlyList<double> QuantileLevels => Quantiles.Levels;

    internal ForecastQuantiles Quantiles { get; init; } = ForecastQuantiles.None;

    /// <summary>What the mean of the networks is blended with; <see langword="null"/> where they forecast alone.</summary>
    internal ForecastBlend? Blend { get; init; }

    /// <summary>Most recent observations that a forecast looks at.</summary>
    internal int Memory => Math.Max(Architecture.ContextLength, Blend?.Regression.Regressors.Memory ?? 0);

    /// <summary>The columns that it was trained on: its variables, static values and covariates are told apart by their order alone.</summary>
    internal SeriesColumns Columns { get; }

    internal LatentOdeArchitecture Architecture { get; }

    internal SeriesScaling Scaling { get; }

    /// <summary>A digest of what was learned, as it was first written or computed: it stays the same in files of later versions.</summary>
    internal byte[] Identity => _identity ??= ComputeIdentity();

    internal double[] IntervalFactors { get; }

    /// <summary>In place of the others where <see cref="SeriesScaling.IsInterrupted"/>.</summary>
    internal double[] IntervalFactorsAfterGap { get; }

    // Whether states of the encoders can take in an observation without those before.
    private bool IsIncremental => Architecture.Anchor == LatentAnchor.LastObservation && Networks[0].Encoder.IsIncremental;

    internal IReadOnlyList<LatentOdeNetwork> Networks => _ensemble.Networks;

    /// <summary>Whether series are forecast without tensor operations.</summary>
    internal bool IsManaged => _ensemble.IsManaged;

    private protected override IEnumerable<nn.Module> Modules => Networks;

    private protected override FormattableString Description =>
        $"Latent-ODE forecaster: {Scaling.Variables.Length} {(Scaling.Variables.Length == 1 ? "variable" : "variables")} up to {TrainedHorizon:G5} ahead, {EnsembleSize} {(EnsembleSize == 1 ? "network" : "networks")} of hidden width {Architecture.HiddenWidth} with {Architecture.LatentWidth} latent numbers, encoder {Architecture.Encoder}.";

    /// <inheritdoc/>
    public override void Dispose()
    {
        _gate.Close(GetType());
        _ensemble.Dispose();
    }

    internal override void MoveTo(Device device) => _gate.RunAlone(() => _ensemble.MoveTo(device));

    /// <summary>Forecasts series at given times.</summary>
    /// <param name="series">Series with at least one observation.</param>
    /// <param name="times">Times for each series; forecasts before its last observation are NaN, and those of a variable that was last observed too long before.</param>
    internal SeriesForecast[] Forecast(IReadOnlyList<TimeSeries> series, IReadOnlyList<double[]> times)
    {
        int[][] counts = [.. series.Select(s => Enumerable.Range(0, Scaling.Variables.Length).Select(v => Scaling.HistoryCount(s, v)).ToArray())];
        (int Row, int Count)[] histories = [.. counts.SelectMany((variables, row) => variables.Distinct().Select(count => (row, count)))];
        EncodedSeries[] encoded = [.. series.Select(s => new EncodedSeries(s, Scaling))];
        SeriesForecast[] forecasts = Forecast([.. histories.Select(history => CreateExample(encoded[history.Row], history.Count, times[history.Row], encoded[history.Row].Times[^1]))]);
        Dictionary<(int Row, int Count), SeriesForecast> found = histories.Zip(forecasts).ToDictionary(pair => pair.First, pair => pair.Second);
        return [.. counts.Select((variables, row) => SeriesForecast.Combine([.. variables.Select(count => found[(row, count)])]))];
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

    // From the encoders' states of the one example's history, or from the histories themselves.
    private SeriesForecast[] Forecast(ForecastExample[] examples, ForecastState? state = null)
    {
        using DisposalGate.Use use = _gate.Enter();
        ForecastExample[] asked = Array.ConvertAll(examples, WithPath);
        (float[] means, float[] scales) = _ensemble.Predict(asked, state);
        Blend?.Apply(means, asked);
        int stride = means.Length / examples.Length;
        return [.. examples.Select((example, row) => ToUnits(example, means.AsSpan(row * stride, stride), scales.AsSpan(row * stride, stride)))];
    }

    internal void Write(DocumentWriter writer)
    {
        WriteLearned(writer);
        writer.Write("identity", Identity);
    }

    internal static LatentOdeModelParameters Read(DocumentReader reader, SeriesColumns columns)
    {
        LatentOdeArchitecture architecture = LatentOdeArchitecture.Read(reader.Section("architecture"));
        SeriesScaling scaling = SeriesScaling.Read(reader.Section("scaling"));
        double[] factors = Measurements.Checked(reader.Doubles("interval_factors"));
        double[] factorsAfterGap = reader.OptionalTensor("interval_factors_after_gap") is null ? factors : Measurements.Checked(reader.Doubles("interval_factors_after_gap"));
        ForecastQuantiles quantiles = ForecastQuantiles.Read(reader, scaling.Variables.Length);
        ForecastBlend? blend = ForecastBlend.Read(reader.Section("blend"), scaling);
        int count = reader.Int32("networks");
        if (!Array.TrueForAll([factors, factorsAfterGap], array => array.Length == scaling.Variables.Length && Array.TrueForAll(array, factor => factor >= 0)) || count is < 1 or > 64)
        {
            throw new FormatException("The model file describes an impossible ensemble.");
        }

        var networks = new List<LatentOdeNetwork>();
        try
        {
            while (networks.Count < count)
            {
                using var generator = new Generator(0, CPU);
                LatentOdeNetwork network = architecture.CreateNetwork(scaling, generator);
                string name = $"network{networks.Count}";
                networks.Add(network);
                reader.Read(name, network);
                network.FreezeState();
            }

            return new LatentOdeModelParameters(architecture, columns, scaling, [.. networks], factors, factorsAfterGap, CPU) { Quantiles = quantiles, Blend = blend, _identity = reader.Bytes("identity") };
        }
        catch
        {
            networks.ForEach(network => network.Dispose());
            throw;
        }
    }

    private void WriteLearned(DocumentWriter writer)
    {
        Architecture.Write(writer.Section("architecture"));
        Scaling.Write(writer.Section("scaling"));
        writer.Write("interval_factors", IntervalFactors);
        writer.Write("interval_factors_after_gap", IntervalFactorsAfterGap);
        Quantiles.Write(writer);
        Blend?.Write(writer.Section("blend"));
        writer.Write("networks", Networks.Count);
        for (int i = 0; i < Networks.Count; i++)
        {
            writer.Write($"network{i}", Networks[i]);
        }
    }

    private byte[] ComputeIdentity()
    {
        var writer = new DocumentWriter();
        WriteLearned(writer);
        return SHA256.HashData(writer.ToBytes());
    }

    private ForecastExample CreateExample(EncodedSeries series, int count, double[] times, double start)
    {
        var window = HistoryWindow.Create(Architecture.ContextLength, Architecture.Anchor == LatentAnchor.FirstObservation, Scaling.Horizon);
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

    private static int PathLength(double extrapolation) => 1 + (int)((extrapolation - 1) * PathTimes);

    private double Extrapolation(ForecastExample example, double time) =>
        ForecastReach.Extrapolation(time, example.Series.Times[example.Last], Scaling.Horizon);

    private SeriesForecast ToUnits(ForecastExample example, ReadOnlySpan<float> means, ReadOnlySpan<float> scales)
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
                double doubt = Scaling.Doubt(v, adjusted, last, previous);
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
