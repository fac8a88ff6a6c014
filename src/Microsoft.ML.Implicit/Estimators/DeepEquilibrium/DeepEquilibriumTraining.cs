using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains an ensemble of deep-equilibrium networks on a common encoding of the features.</summary>
/// <param name="options">The trainer's options.</param>
/// <param name="createTask">Makes of all rows what is to be predicted.</param>
/// <param name="run">The run.</param>
internal sealed class DeepEquilibriumTraining(DeepEquilibriumOptions options, Func<TrainingSet, PredictionTask> createTask, TrainingRun run)
    : ModelTraining<TrainingSet, DeepEquilibriumModelParameters>(options, run)
{
    private readonly TrainingSetReader _reader =
        new(options.FeatureColumnName, options.LabelColumnName, options.ExampleWeightColumnName) { KeepsSparse = options.Cell == EquilibriumCellKind.Dense };

    private PredictionTask? _task;

    private PredictionTask Task => _task!;

    protected override TrainingSet Read(IDataView data) => _reader.Read(data, Run.Channel, Run.CancellationToken);

    protected override void Examine(TrainingSet rows) => _task = createTask(rows);

    protected override double? HeldOutFraction(long rows) => DeepEquilibriumDefaults.ValidationFraction(rows);

    protected override DeepEquilibriumModelParameters Train(TrainingSet training, TrainingSet? validation, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        var architecture = new DeepEquilibriumArchitecture(options, (int)training.Features.shape[1], Task, training.Count);
        FeatureEncoder encoder = options.Cell == EquilibriumCellKind.Dense
            ? FeatureEncoder.OfVectors(training.Features, Task.ClassesOf(training.Labels))
            : ImageEncoder.Of(training.Features, options.Image!.Value.Channels);
        architecture = architecture.With(encoder);
        Run.KeepChoice(nameof(options.EnsembleSize), options.EnsembleSize, architecture.EnsembleSize);
        Run.KeepChoice(nameof(options.Dropout), options.Dropout, architecture.Dropout);
        encoder.to(Run.Device);
        (training, validation) = (training.To(Run.Device), validation?.To(Run.Device));

        // The first network is the one that would be trained alone.
        var seeds = new Random(Run.Seed);
        DeepEquilibriumNetwork[] networks = EnsembleTraining.Run(architecture.EnsembleSize, Run.Options, member =>
            TrainNetwork(architecture, encoder, training, validation, member.Index == 0 ? Run.Seed : seeds.Next(), member));
        var ensemble = new EquilibriumEnsemble(encoder, networks);
        ensemble.Freeze();
        return new DeepEquilibriumModelParameters(architecture with { EnsembleSize = networks.Length }, ensemble, Task, Run.Device);
    }

    private DeepEquilibriumNetwork TrainNetwork(DeepEquilibriumArchitecture architecture, FeatureEncoder encoder, TrainingSet training, TrainingSet? validation, int seed, EnsembleMember member)
    {
        using var generator = new Generator((ulong)seed, CPU);
        var network = new DeepEquilibriumNetwork(architecture, encoder.Width, options.GradientTolerance, generator);
        network.to(Run.Device);
        var problem = new DeepEquilibriumProblem(network, encoder, Task, training, validation, options, generator, Run.CancellationToken);
        TrainingDefaults defaults = DeepEquilibriumDefaults.Training(options.Cell, Task, problem.ExampleCount, problem.HasSparseInputs, options.HiddenWidth);
        TrainingPlan plan = Run.Plan(defaults, problem.ExampleCount) with { Seed = seed };
        Run.KeepChoice(nameof(options.InputDropout), options.InputDropout, problem.InputDropout);
        problem.Begin(plan.LearningRate);
        Optimize(problem, plan, member);
        problem.ReportUnsolvedRows(Run.Channel);
        problem.ReportNothingLearned(Run.Channel);
        problem.Complete();
        return network;
    }
}
