using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.Series;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
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
    private const int SmallestBatchSize = 16;
    private const int LongestRecurrence = 4096;

    private readonly SeriesSetReader _reader = new(options.Columns, options.ExampleWeightColumnName, options.LabelColumnName);
    private PredictionTask? _task;

    protected override SeriesSet Read(IDataView data) => _reader.Read(data, Run.Channel, Run.ThrowIfCancelled);

    protected override IEnumerable<KeptSetting> KeptSettings(ControlledEquationModelParameters initial)
    {
        ControlledEquationArchitecture kept = initial.Architecture;
        return
        [
            .. KeptSetting.OfColumns(_reader.Columns, initial.Columns),
            KeptSetting.Of(nameof(options.Reading), options.Reading, kept.Reading),
            KeptSetting.Of(nameof(options.Path), options.Path, kept.Path),
            KeptSetting.Of(nameof(options.Windows), options.Windows, kept.Windows),
            KeptSetting.Of(nameof(options.SignatureDepth), options.SignatureDepth, kept.SignatureDepth),
            KeptSetting.Of(nameof(options.MaximumStepsPerPiece), options.MaximumStepsPerPiece, kept.StepsPerPiece),
            KeptSetting.Of(nameof(options.StateWidth), options.StateWidth, kept.StateWidth),
            KeptSetting.Of(nameof(options.HiddenWidth), options.HiddenWidth, kept.HiddenWidth),
            KeptSetting.Of(nameof(options.Layers), options.Layers, kept.Layers),
            KeptSetting.Of(nameof(options.RotationBlocks), options.RotationBlocks, kept.RotationBlocks),
            KeptSetting.Of(nameof(options.EnsembleSize), options.EnsembleSize, kept.EnsembleSize),
        ];
    }

    protected override void Examine(SeriesSet rows)
    {
        using Tensor labels = NativeTensor.Of([.. rows.Series.Select(series => series.Label)], [rows.Series.Count]);
        _task = createTask(labels);
        if (Initial is not null)
        {
            RequireInitialTask(Initial.Task, _task, options.LabelColumnName);
            Initial.Units.Categories.Check(_reader.Columns, rows.Categories);
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
        int longest = series.Max(s => s.Times.Length);
        ControlledEquationArchitecture[] candidates = Initial is not null
            ? [Initial.Architecture]
            : [.. Readings(longest, heldOut.Length > 0).Select(reading => new ControlledEquationArchitecture(reading, options, units.Shape, series.Length, longest))];
        TrainingPlan plan = Run.Plan(Defaults(longest), series.Length);
        var unseen = new HeldOutSeries(_task!, heldOut, Run.Device);
        int best = 0;
        SeriesNetwork[] networks = EnsembleTraining.Run(candidates[0].EnsembleSize + candidates.Length - 1, Run.Options, member =>
        {
            bool isCandidate = member.Index < candidates.Length;
            SeriesNetwork network = TrainNetwork(candidates[isCandidate ? member.Index : best], units.Shape, series, heldOut, plan with { Seed = Run.Seed + member.Index }, member, unseen);
            best = isCandidate && member.Index > 0 && unseen.IsBetter(member.Index, best) ? member.Index : best;
            return network;
        });
        return Complete(candidates, best, networks, unseen, units);
    }

    // All readings are candidates where none is named and series are there to tell which one does better, unless recurrences over all points would take long.
    private SeriesReadingKind[] Readings(int longest, bool canCompare) => options.Reading is { } given
        ? [given]
        : longest > LongestRecurrence ? [SeriesReadingKind.ControlledDifferentialEquation]
        : canCompare ? Enum.GetValues<SeriesReadingKind>() : [SeriesReadingKind.LinearRecurrence];

    private static TrainingDefaults Defaults(int longest)
    {
        int batch = Math.Clamp(SeriesBatches.LargestBatch(longest), SmallestBatchSize, MaximumBatchSize);
        return new TrainingDefaults(DefaultSteps, DefaultLearningRate * Math.Sqrt(batch / (double)MaximumBatchSize), DefaultWeightDecay, MinimumEpochs, batch, ScalesRateWithBatch: true);
    }

    // Keeps the networks of the best candidate.
    private ControlledEquationModelParameters Complete(ControlledEquationArchitecture[] candidates, int best, SeriesNetwork[] networks, HeldOutSeries unseen, SeriesUnits units)
    {
        int[] kept = [.. Enumerable.Range(0, networks.Length).Where(index => index == best || index >= candidates.Length)];
        Run.KeepOnly(kept);
        foreach (int index in Enumerable.Range(0, networks.Length).Except(kept))
        {
            networks[index].Dispose();
        }

        if (candidates.Length > 1)
        {
            Run.Channel.Info($"Series are read by {candidates[best].Reading}.");
        }

        // A model that is gone on from is as sure as it should be, and stays as it is where nothing is better.
        if (unseen.Any && Initial is null)
        {
            double factor = unseen.ConfidenceFactorOf(kept);
            Array.ForEach(kept, index => networks[index].ScaleOutputs(factor));
        }

        ControlledEquationArchitecture architecture = candidates[best] with { EnsembleSize = kept.Length };
        KeepChoices(architecture);
        return new ControlledEquationModelParameters(architecture, _reader.Columns, units, _task!, [.. kept.Select(index => networks[index])], Run.Device);
    }

    private SeriesNetwork TrainNetwork(
        ControlledEquationArchitecture architecture,
        SeriesShape shape,
        EncodedChannels[] series,
        EncodedChannels[] heldOut,
        TrainingPlan plan,
        EnsembleMember member,
        HeldOutSeries unseen)
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
        if (unseen.Any)
        {
            unseen.Add(problem.HeldOutOutputs());
        }

        return network;
    }

    private void KeepChoices(ControlledEquationArchitecture architecture)
    {
        Run.KeepChoice(nameof(options.EnsembleSize), options.EnsembleSize, architecture.EnsembleSize);
        if (architecture.Reading == SeriesReadingKind.LinearRecurrence)
        {
            Run.KeepChoice(nameof(options.RotationBlocks), options.RotationBlocks, architecture.RotationBlocks);
        }
        else if (architecture.Windows is { } windows)
        {
            Run.KeepChoice(nameof(options.Windows), options.Windows, windows);
            Run.KeepChoice(nameof(options.SignatureDepth), options.SignatureDepth, architecture.SignatureDepth);
        }
    }
}
