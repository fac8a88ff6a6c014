using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.Series;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains networks that read whole series.</summary>
/// <param name="options">The trainer's options.</param>
/// <param name="createTask">Makes of all labels what is to be predicted.</param>
/// <param name="run">The run.</param>
internal sealed class ControlledEquationTraining(ControlledEquationOptions options, Func<Tensor, PredictionTask> createTask, TrainingRun run)
    : ModelTraining<SeriesSet, ControlledEquationModelParameters>(options, run)
{
    private const double DefaultLearningRate = 5e-3;
    private const double DefaultWeightDecay = 0.05;
    private const int DefaultSteps = 1000;
    private const int MinimumEpochs = 20;
    private const int MaximumBatchSize = 128;

    private readonly SeriesSetReader _reader = new(options.Columns, options.ExampleWeightColumnName, options.LabelColumnName);
    private PredictionTask? _task;

    protected override SeriesSet Read(IDataView data) => _reader.Read(data, Run.Channel, Run.ThrowIfCancelled);

    protected override void Examine(SeriesSet rows)
    {
        using Tensor labels = NativeTensor.Of([.. rows.Series.Select(series => series.Label)], [rows.Series.Count]);
        _task = createTask(labels);
        if (Initial is not null)
        {
            RequireInitial(Initial.Task.IsLike(_task), $"it predicts something else than column '{options.LabelColumnName}' holds; classes must be the same, in the same order.");
            RequireSame(nameof(options.InputColumnNames), Initial.Columns.Values, options.InputColumnNames);
            RequireSame(nameof(options.StaticColumnNames), Initial.Columns.Statics, options.StaticColumnNames);
            RequireSame(nameof(options.CovariateColumnNames), Initial.Columns.Covariates, options.CovariateColumnNames);
            Initial.Units.Categories.Check(_reader.Columns, rows.Categories);
            RequireInitial(Initial.Architecture.Reading == options.Reading, $"it reads series by {Initial.Architecture.Reading}, and the options say {options.Reading}.");
            _task = Initial.Task;
        }
    }

    protected override ControlledEquationModelParameters Train(SeriesSet training, SeriesSet? validation, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        SeriesUnits units = Initial?.Units ?? SeriesUnits.Learn(training);
        units.Categories.Check(_reader.Columns, validation?.Categories ?? training.Categories);
        EncodedChannels[] series = [.. training.Series.Select(units.Encode)];
        EncodedChannels[] heldOut = [.. validation?.Series.Select(units.Encode) ?? []];
        ControlledEquationArchitecture architecture = Initial?.Architecture
            ?? new ControlledEquationArchitecture(options, units.Shape, series.Length, series.Max(s => s.Times.Length));
        KeepChoices(architecture);

        TrainingPlan plan = Run.Plan(new TrainingDefaults(DefaultSteps, DefaultLearningRate, DefaultWeightDecay, MinimumEpochs, MaximumBatchSize, ScalesRateWithBatch: true), series.Length);
        SeriesNetwork[] networks = EnsembleTraining.Run(
            architecture.EnsembleSize, Run.Options, member => TrainNetwork(architecture, units.Shape, series, heldOut, plan with { Seed = Run.Seed + member.Index }, member));
        return new ControlledEquationModelParameters(architecture with { EnsembleSize = networks.Length }, _reader.Columns, units, _task!, networks, Run.Device);
    }

    // A model tells its columns apart by their order.
    private static void RequireSame(string setting, string[] expected, string[] given) =>
        RequireInitial(given.SequenceEqual(expected), $"it was trained on the {setting} [{string.Join(", ", expected)}], and the options say [{string.Join(", ", given)}]; they must be the same, in the same order.");

    private SeriesNetwork TrainNetwork(
        ControlledEquationArchitecture architecture, SeriesShape shape, EncodedChannels[] series, EncodedChannels[] heldOut, TrainingPlan plan, EnsembleMember member)
    {
        using var generator = new Generator((ulong)plan.Seed, CPU);
        SeriesNetwork network = architecture.CreateNetwork(shape, _task!.OutputWidth, generator);
        Initial?.Networks[member.Index].CopyStateTo(network);
        network.to(Run.Device);
        var problem = new ControlledEquationProblem(network, shape, _task, series, heldOut, options.Dropout, generator, Run);
        if (Initial is null)
        {
            problem.Begin();
        }

        Optimize(problem, plan, member);
        network.FreezeState();
        return network;
    }

    private void KeepChoices(ControlledEquationArchitecture architecture)
    {
        Run.KeepChoice(nameof(options.EnsembleSize), options.EnsembleSize, architecture.EnsembleSize);
        if (architecture.Reading == SeriesReadingKind.ControlledDifferentialEquation && architecture.Windows is { } windows)
        {
            Run.KeepChoice(nameof(options.Windows), options.Windows, windows);
            Run.KeepChoice(nameof(options.SignatureDepth), options.SignatureDepth, architecture.SignatureDepth);
        }
    }
}
