using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Trains a forecaster of irregularly sampled series (Rubanova, Chen and Duvenaud, "Latent ODEs for irregularly-sampled
/// time series", 2019). Each row holds a whole series; every prefix of it is a training example. Times need no grid and
/// missing values no imputation.
/// </summary>
/// <remarks>
/// The forecast is the last observed value plus a change that the latent state is decoded to. What of a value lies more than five
/// standard deviations off the mean of the training values is left out, unless the value before lies there too. A series at such a
/// level is forecast by changes that were learned elsewhere: its bounds are at least a twentieth of the distance beyond those five
/// standard deviations away from the forecast. Bounds are calibrated on series, or with few series on stretches
/// of time, that each network of the ensemble did not see. For training, values further from the median of their column than ten
/// times the distance that 99 of 100 stay within are taken for ones at that distance.
/// </remarks>
public sealed class LatentOdeForecaster : IEstimator<LatentOdeTransformer>
{
    private const double DefaultLearningRate = 1e-2;
    private const double DefaultWeightDecay = 1e-2;
    private const int DefaultSteps = 1200;

    private readonly IHost _host;
    private readonly LatentOdeOptions _options;
    private readonly SeriesColumns _input;
    private readonly ForecastColumns _output;

    internal LatentOdeForecaster(IHostEnvironment environment, LatentOdeOptions options)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(options);
        MLNetCompatibility.EnsureSupported();
        options.Validate();
        _host = environment.Register(nameof(LatentOdeForecaster));
        _options = options;
        _input = new SeriesColumns(options.TimeColumnName, options.InputColumnNames, options.StaticColumnNames, options.CovariateTimeColumnName, options.CovariateColumnNames);
        _output = new ForecastColumns(options.OutputColumnName, options.LowerBoundColumnName, options.UpperBoundColumnName, options.Horizon, options.ForecastTimeColumnName);
    }

    /// <summary>Trains a forecaster.</summary>
    /// <param name="input">One series a row; see <see cref="LatentOdeOptions"/> for its columns.</param>
    /// <returns>The trained forecaster as a transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, or the horizon lies far beyond the length of all series.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or training stopped being finite; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public LatentOdeTransformer Fit(IDataView input) => Fit(input, null);

    /// <summary>Trains a forecaster; given series decide when the training of each network stops, and calibrate the bounds.</summary>
    /// <param name="trainData">One series a row to train on; nothing of it is then held out.</param>
    /// <param name="validationData">Series of the same columns, like those to be forecast later, or <see langword="null"/> to hold out a part of the training data.</param>
    /// <returns>The trained forecaster as a transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, or the horizon lies far beyond the length of all series.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or training stopped being finite; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public LatentOdeTransformer Fit(IDataView trainData, IDataView? validationData)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        return Fit(ReadSeries(trainData), validationData is null ? [] : ReadSeries(validationData));
    }

    internal LatentOdeTransformer Fit(IReadOnlyList<TimeSeries> series, IReadOnlyList<TimeSeries> validation)
    {
        Device device = NativeBackend.ResolveDevice(_options.Training.Device);
        using var run = new TrainingRun(_host, _options.Training);
        run.Begin(_options, series, validation);
        double? horizon = _options.MaximumHorizon ?? (_options.Horizon.Length > 0 ? _options.Horizon.Max() : null);
        CheckHorizon(series, horizon);
        var ranges = new UsualRanges(series);
        SeriesScaling scaling = SeriesScaling.Fit([.. series.Select(ranges.Winsorize)], horizon, _options.SeasonalPeriods);
        EncodedSeries[] encoded = [.. series.Concat(validation).Select(s => new EncodedSeries(ranges.Winsorize(s), scaling))];
        int members = _options.EnsembleSize ?? ForecastDivision.DefaultMembers(series.Count);
        ForecastDivision division = validation.Count > 0
            ? ForecastDivision.After(series.Count, members)
            : ForecastDivision.Divide([.. series.Select(s => s.Count)], members, _options.Training.ValidationFraction, new Random(run.Seed));
        LatentOdeTransformer model = Train(encoded, division, scaling, device, run);
        run.Complete();
        return model;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        CheckColumns(inputSchema);
        Dictionary<string, SchemaShape.Column> columns = inputSchema.ToDictionary(column => column.Name);
        bool isFixed = _output.Times is null;
        IEnumerable<SchemaShape.Column> annotations = isFixed
            ? [new SchemaShape.Column(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false)]
            : [];
        foreach (string name in _output.Names)
        {
            SchemaShape.Column.VectorKind kind = isFixed ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.VariableVector;
            columns[name] = new SchemaShape.Column(name, kind, NumberDataViewType.Single, false, new SchemaShape(annotations));
        }

        return new SchemaShape(columns.Values);
    }

    private void CheckHorizon(IReadOnlyList<TimeSeries> series, double? horizon)
    {
        double span = series.Max(s => s.Times[^1] - s.Times[0]);
        if (span > 0 && horizon > ForecastReach.MostHorizons * span)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"The longest time to forecast ahead is {horizon}, more than {ForecastReach.MostHorizons} times the longest series, which spans {span} in column '{_input.Times}'. Give {nameof(LatentOdeOptions.Horizon)} or {nameof(LatentOdeOptions.MaximumHorizon)} in that column's unit, days where it holds dates, and as times ahead, not points in time."));
        }
    }

    private void CheckColumns(SchemaShape schema)
    {
        _input.Check(schema);
        if (_output.Times is not null)
        {
            SeriesColumns.CheckTimes(schema, _output.Times);
        }
    }

    internal IReadOnlyList<TimeSeries> ReadSeries(IDataView input)
    {
        CheckColumns(SchemaShape.Create(input.Schema));
        using IChannel channel = _host.Start("Reading");
        using var cancellation = new TrainingCancellation(_host, _options.Training.CancellationToken);
        var series = new List<TimeSeries>();
        var issues = new SeriesIssues();
        using DataViewRowCursor cursor = input.GetRowCursor(_input.All.Select(name => input.Schema[name]));
        var reader = new SeriesReader(_input, cursor);
        while (cursor.MoveNext())
        {
            cancellation.ThrowIfRequested();
            TimeSeries next = reader.Read(issues);
            if (next.Count > 0)
            {
                series.Add(next);
            }
            else
            {
                issues.EmptySeries++;
            }
        }

        issues.Report(channel);
        if (series.Count == 0)
        {
            throw new InvalidOperationException($"There is nothing to train on: no row has an observation in column '{_input.Times}'.");
        }

        for (int v = 0; v < _input.Values.Length; v++)
        {
            if (!series.Exists(s => s.Values[v].Any(float.IsFinite)))
            {
                throw new InvalidOperationException($"Column '{_input.Values[v]}' holds no observed value in any row.");
            }

            if (DistantZeros.Find(series.SelectMany(s => s.Values[v])) is { } zeros)
            {
                channel.Warning(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{zeros.Count} values of column '{_input.Values[v]}' are 0, far from all others, which lie between {zeros.Lowest} and {zeros.Highest}. If they are missing, make them NaN: TextLoader does with MissingRealsAsNaNs."));
            }
        }

        return series;
    }

    private LatentOdeTransformer Train(EncodedSeries[] series, ForecastDivision division, SeriesScaling scaling, Device device, TrainingRun run)
    {
        using DisposeScope scope = NewDisposeScope();
        var architecture = new LatentOdeArchitecture(_options);
        var builder = new ForecastBatchBuilder(scaling, architecture.Anchor, architecture.SolverSteps, device);
        ExampleSampler Sampler(ForecastFold fold) =>
            new(series, fold, scaling.Horizon, architecture.ContextLength, architecture.Anchor == LatentAnchor.FirstObservation);
        ExampleSampler[] samplers = [.. division.Networks.Select(Sampler)];
        if (Array.Exists(samplers, sampler => sampler.Count == 0))
        {
            throw new InvalidOperationException(
                $"There is nothing to train on: no series has two observations within the longest horizon, {scaling.Horizon}, one to learn from and one to forecast.");
        }

        var defaults = new TrainingDefaults(DefaultSteps, DefaultLearningRate, DefaultWeightDecay, ScalesRateWithBatch: true);
        TrainingPlan plan = TrainingPlan.Create(_options.Training, defaults, samplers.Max(sampler => sampler.Count), run.Seed);
        LatentOdeNetwork[] networks = EnsembleTraining.Run(samplers.Length, _options.Training, member =>
            TrainNetwork(architecture, scaling, builder, samplers[member.Index], plan with { Seed = run.Seed + member.Index }, member, device, run));
        try
        {
            var calibration = new EnsembleCalibration(builder, scaling);
            foreach ((LatentOdeNetwork network, ExampleSampler sampler) in networks.Zip(samplers))
            {
                calibration.Add(network, sampler.HeldOut());
            }

            double[] factors = calibration.Factors(networks, Sampler(division.Shared).HeldOut(), _options.ConfidenceLevel);
            var model = new LatentOdeModelParameters(architecture, scaling, networks, factors, device);
            run.Place(model.MoveTo);
            return new LatentOdeTransformer(_host, model, _input, _output);
        }
        catch
        {
            Array.ForEach(networks, network => network.Dispose());
            throw;
        }
    }

    private LatentOdeNetwork TrainNetwork(LatentOdeArchitecture architecture, SeriesScaling scaling, ForecastBatchBuilder builder, ExampleSampler sampler, TrainingPlan plan, EnsembleMember member, Device device, TrainingRun run)
    {
        using var generator = new Generator((ulong)plan.Seed, CPU);
        LatentOdeNetwork network = architecture.CreateNetwork(scaling, generator);
        try
        {
            network.to(device);
            var problem = new LatentOdeProblem(network, builder, sampler, _options, generator, plan.Seed, run.CancellationToken);
            using var loop = new TrainingLoop(problem, plan, run, member);
            loop.Run();
            network.Freeze();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }
}
