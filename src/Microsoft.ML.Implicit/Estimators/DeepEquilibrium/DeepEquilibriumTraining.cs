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
        encoder.to(Run.Device);
        (training, validation) = (training.To(Run.Device), validation?.To(Run.Device));
        DeepEquilibriumNetwork[] networks = validation is null && DeepEquilibriumDefaults.Folds(options, training.Count) is > 0 and int folds
            ? TrainFolds(architecture, encoder, training, folds, generator)
            : TrainAll(architecture, encoder, training, validation);
        Run.KeepChoice(nameof(options.EnsembleSize), options.EnsembleSize, networks.Length);
        var ensemble = new EquilibriumEnsemble(encoder, networks);
        ensemble.Freeze();
        return new DeepEquilibriumModelParameters(architecture with { EnsembleSize = networks.Length }, ensemble, Task, Run.Device);
    }

    private DeepEquilibriumNetwork[] TrainAll(DeepEquilibriumArchitecture architecture, FeatureEncoder encoder, TrainingSet training, TrainingSet? validation)
    {
        Regularization regularization = DeepEquilibriumDefaults.Usual(options, Task, training.Count, architecture.FeatureCount);
        KeepChoice(regularization, string.Empty);

        // The first network is the one that would be trained alone.
        var seeds = new Random(Run.Seed);
        return EnsembleTraining.Run(architecture.EnsembleSize, Run.Options, member =>
            TrainNetwork(architecture, regularization, encoder, training, validation, member.Index == 0 ? Run.Seed : seeds.Next(), member, isOfFolds: false).Network);
    }

    // Each network holds out a fold, by which the candidates are compared.
    private DeepEquilibriumNetwork[] TrainFolds(DeepEquilibriumArchitecture architecture, FeatureEncoder encoder, TrainingSet rows, int folds, Generator generator)
    {
        Regularization[] candidates = DeepEquilibriumDefaults.Candidates(options, Task, rows.Count, architecture.FeatureCount);
        var validation = new CrossValidation(Task, rows, folds, candidates.Length, generator);
        var seeds = new Random(Run.Seed);
        DeepEquilibriumNetwork[] networks = EnsembleTraining.Run(folds * candidates.Length, Run.Options, member =>
        {
            (int fold, int candidate) = Math.DivRem(member.Index, candidates.Length);
            (DeepEquilibriumNetwork network, DeepEquilibriumProblem problem) =
                TrainNetwork(architecture, candidates[candidate], encoder, validation.TrainingRows(fold), null, seeds.Next(), member, isOfFolds: true);
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGradient = no_grad();
            validation.Add(candidate, fold, problem.Predict(validation.HeldOutRows(fold)));
            return network;
        });
        return networks.Length == folds * candidates.Length ? Choose(networks, validation.Select(), candidates) : networks;
    }

    private DeepEquilibriumNetwork[] Choose(DeepEquilibriumNetwork[] networks, IReadOnlyList<(int Candidate, double Factor)> selection, Regularization[] candidates)
    {
        var chosen = new List<DeepEquilibriumNetwork>();
        foreach ((int candidate, double factor) in selection)
        {
            KeepChoice(candidates[candidate], selection.Count > 1 ? $" ({candidate + 1})" : string.Empty);
            foreach (DeepEquilibriumNetwork network in networks.Where((_, index) => index % candidates.Length == candidate))
            {
                network.ScaleOutputs(factor);
                chosen.Add(network);
            }
        }

        Array.ForEach([.. networks.Except(chosen)], network => network.Dispose());
        return [.. chosen];
    }

    private void KeepChoice(Regularization regularization, string suffix)
    {
        Run.KeepChoice($"Training.{nameof(options.Training.WeightDecay)}{suffix}", options.Training.WeightDecay, regularization.WeightDecay);
        Run.KeepChoice($"{nameof(options.Dropout)}{suffix}", options.Dropout, regularization.Dropout);
        Run.KeepChoice($"{nameof(options.InputDropout)}{suffix}", options.InputDropout, regularization.InputDropout);
    }

    private (DeepEquilibriumNetwork Network, DeepEquilibriumProblem Problem) TrainNetwork(DeepEquilibriumArchitecture architecture, Regularization regularization, FeatureEncoder encoder, TrainingSet training, TrainingSet? validation, int seed, EnsembleMember member, bool isOfFolds)
    {
        using var generator = new Generator((ulong)seed, CPU);
        var network = new DeepEquilibriumNetwork(architecture with { Dropout = regularization.Dropout }, encoder.Width, options.GradientTolerance, generator);
        network.to(Run.Device);
        var problem = new DeepEquilibriumProblem(network, encoder, Task, training, validation, options, regularization.InputDropout, generator, Run.CancellationToken);
        TrainingDefaults defaults = DeepEquilibriumDefaults.Training(options.Cell, Task, problem.ExampleCount, problem.HasSparseInputs, options.HiddenWidth, regularization.WeightDecay);
        TrainingPlan plan = Run.Plan(isOfFolds ? DeepEquilibriumDefaults.OfFolds(defaults) : defaults, problem.ExampleCount) with { Seed = seed };
        problem.Begin(plan.LearningRate);
        Optimize(problem, plan, member);
        problem.ReportUnsolvedRows(Run.Channel);
        problem.ReportNothingLearned(Run.Channel);
        problem.Complete();
        return (network, problem);
    }
}
