using System.Globalization;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains an ensemble of networks on a common encoding of the features. A model says what its networks are.</summary>
/// <param name="options">The trainer's options.</param>
/// <param name="createTask">Makes of all rows what is to be predicted.</param>
/// <param name="run">The run.</param>
internal abstract class PredictionTraining<TModel>(PredictionTrainerOptions options, Func<TrainingSet, PredictionTask> createTask, TrainingRun run)
    : ModelTraining<TrainingSet, TModel>(options, run)
    where TModel : PredictionModelParameters
{
    // Of so many weights a network alone keeps a processor busy, and all at once would take their memory.
    private const long LargestStack = 1 << 25;

    private PredictionTask? _task;

    protected PredictionTask Task => _task!;

    /// <summary>Sizes of the networks, the encoder's left open.</summary>
    protected abstract PredictionArchitecture CreateArchitecture(int features, long rows);

    protected abstract TModel CreateModel(PredictionArchitecture architecture, PredictionEnsemble ensemble);

    /// <summary>What networks of a kind keep beside that.</summary>
    protected abstract IEnumerable<KeptSetting> KeptOfNetworks(PredictionArchitecture initial);

    protected override IEnumerable<KeptSetting> KeptSettings(TModel initial) =>
    [
        .. KeptOfNetworks(initial.Architecture),
        KeptSetting.Of(nameof(options.Image), options.Image, initial.Architecture.Image),
        KeptSetting.Of(nameof(options.EnsembleSize), options.EnsembleSize, initial.Architecture.EnsembleSize),
    ];

    protected override double? HeldOutFraction(long rows) => PredictionDefaults.ValidationFraction(rows);

    protected override TrainingSet Read(IDataView data) => options.CreateReader().Read(data, Run.Channel, Run.CancellationToken);

    protected override void Examine(TrainingSet rows)
    {
        _task = createTask(rows);
        if (Initial is not null)
        {
            RequireInitialTask(Initial.Task, _task, options.LabelColumnName);
            int features = rows.Categories?.Length ?? (int)rows.Features.shape[1];
            RequireInitial(Initial.FeatureCount == features, $"it reads {Initial.FeatureCount} features, and column '{options.FeatureColumnName}' holds {features}.");
            RequireInitial(CategoricalSlots.AreEqual(Initial.Architecture.Sizes.Categories, rows.Categories), $"it embeds other slots of column '{options.FeatureColumnName}' as categories.");
            _task = Initial.Task;
        }
    }

    protected override TModel Train(TrainingSet training, TrainingSet? validation, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        if (validation is not null && !CategoricalSlots.AreEqual(training.Categories, validation.Categories))
        {
            throw new InvalidOperationException($"Of the validation rows, column '{options.FeatureColumnName}' has categories in other slots than of the training rows: transform both by the same fitted pipeline.");
        }

        if (validation is not null && Task.DoubtOfRows(validation.Labels, options.LabelColumnName) is { } doubt)
        {
            Run.Channel.Warning(ValidationRows.Warning(doubt));
        }

        training = options.ExampleWeights?.Apply(training) ?? training;
        PredictionArchitecture architecture = CreateArchitecture((int)training.Features.shape[1], training.Count);
        int[] missing = FeatureTensor.FindMissing(validation is null ? [training.Features] : [training.Features, validation.Features]);
        FeatureEncoder encoder = CreateEncoder(training, missing);
        CheckMissing([.. missing.Except(encoder.MissingFeatures())]);
        WarnOfTiny(training.Features);
        WarnOfForeign(encoder, training.Features);
        architecture = Initial is null ? architecture.With(encoder, training.Categories) : architecture.With(Initial.Architecture);
        encoder.to(Run.Device);
        (training, validation) = (Prepare(training), validation is null ? null : Prepare(validation));
        using WhitenedEncoder? whitened = TrainsOnComponents(architecture, training.Count) ? WhitenedEncoder.Of(encoder, training.Features, architecture.Levels.Count) : null;
        PredictionNetwork[] networks = Initial is null && validation is null && PredictionDefaults.Folds(options, training.Count) is > 0 and int folds
            ? TrainFolds(architecture, encoder, whitened, training, folds, generator)
            : TrainAll(architecture, encoder, whitened, training, validation);
        Run.KeepChoice(nameof(options.EnsembleSize), options.EnsembleSize, networks.Length);
        var ensemble = new PredictionEnsemble(encoder, networks);
        ensemble.Freeze();
        new LearningCheck(options, Task, training, validation).Report(ensemble, Run.Channel);
        return CreateModel(architecture with { Sizes = architecture.Sizes with { EnsembleSize = networks.Length } }, ensemble);
    }

    private FeatureEncoder CreateEncoder(TrainingSet training, int[] missing)
    {
        if (Initial is null)
        {
            return options.ReadsImages
                ? ImageEncoder.Of(training.Features, options.Image!.Value.Channels)
                : FeatureEncoder.OfVectors(training.Features, Task.ClassesOf(training.Labels), PredictionDefaults.HasSteps(Task, training.Count), missing, training.Categories?.Levels ?? []);
        }

        FeatureEncoder encoder = Initial.Architecture.CreateEncoder();
        Initial.Ensemble.Encoder.CopyStateTo(encoder);
        return encoder;
    }

    private void CheckMissing(int[] unexpected)
    {
        if (unexpected.Length > 0)
        {
            string missing = $"column '{options.FeatureColumnName}' has missing values in slot {unexpected[0]}";
            RequireInitial(Initial is null, $"{missing}, which had none where it was trained.");
            throw new InvalidOperationException($"Of the validation rows, {missing}, and wide vectors that are mostly zeros can have none: replace them, for instance with Transforms.ReplaceMissingValues.");
        }
    }

    // Single precision has fewer digits for differences below its least normal number, and processors may take them for zero.
    private void WarnOfTiny(Tensor features)
    {
        if (Initial is not null || features.is_sparse)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor rows = features.nan_to_num();
        float[] reach = [.. (rows.amax([0]) - rows.amin([0])).to(ScalarType.Float32).cpu().data<float>()];
        int tiny = Array.FindIndex(reach, float.IsSubnormal);
        if (tiny >= 0)
        {
            Run.Channel.Warning(string.Create(
                CultureInfo.InvariantCulture,
                $"Column '{options.FeatureColumnName}' differs by no more than {reach[tiny]:G2} in slot {tiny}, which single precision hardly tells from nothing: give it in another unit, in which it is near 1."));
        }
    }

    private void WarnOfForeign(FeatureEncoder encoder, Tensor features)
    {
        if (Initial is not null && !features.is_sparse && encoder.FindForeignFeature(features) is >= 0 and int slot)
        {
            Run.Channel.Warning(
                $"The model that is gone on from keeps its units, and slot {slot} of column '{options.FeatureColumnName}' differs a hundred times as much, or as little, from row to row as where it was trained: is it in the same unit?");
        }
    }

    // Penalties are on the weights of features as they are, and a network that is trained on has weights for them already.
    private bool TrainsOnComponents(PredictionArchitecture architecture, long rows) =>
        Initial is null && architecture.MapsInputs && !options.HasPenalties && options.Tuner is null && PredictionDefaults.TrainsOnComponents(Task, rows);

    // As the encoder reads rows, where it was learned with others.
    private TrainingSet Prepare(TrainingSet rows) =>
        (Initial is null ? rows : rows with { Features = FeatureTensor.Hold(rows.Features, Initial.Architecture.SlotCount > 0) }).To(Run.Device);

    private PredictionNetwork[] TrainAll(PredictionArchitecture architecture, FeatureEncoder encoder, WhitenedEncoder? whitened, TrainingSet training, TrainingSet? validation)
    {
        Regularization regularization = PredictionDefaults.Usual(options, Task, training.Count, architecture.FeatureCount);
        KeepChoice(regularization, string.Empty);
        TrainingDefaults defaults = Defaults(training.Count, training.Features.is_sparse, architecture.HiddenWidth, regularization.WeightDecay);
        return TrainEach(architecture, [.. Enumerable.Repeat(regularization, architecture.EnsembleSize)], encoder, whitened, _ => training, validation, defaults);
    }

    // Each network holds out a fold, by which the candidates are compared.
    private PredictionNetwork[] TrainFolds(PredictionArchitecture architecture, FeatureEncoder encoder, WhitenedEncoder? whitened, TrainingSet rows, int folds, Generator generator)
    {
        Regularization[] candidates = PredictionDefaults.Candidates(options, Task, rows.Count, architecture.FeatureCount);
        var validation = new CrossValidation(Task, rows, folds, candidates.Length, generator);
        Tensor trainingRows = validation.TrainingRows();
        TrainingDefaults defaults = PredictionDefaults.OfFolds(Defaults(trainingRows.shape[1], rows.Features.is_sparse, architecture.HiddenWidth, candidates[0].WeightDecay), architecture.CanStack);
        Regularization[] regularizations = [.. Enumerable.Repeat(candidates, folds).SelectMany(each => each)];

        bool isNarrow = architecture.CanStack && !rows.Features.is_sparse && (((long)(whitened ?? encoder).Width * architecture.HiddenWidth) + architecture.Sizes.CategoryWeights) * regularizations.Length <= LargestStack;
        PredictionNetwork[] networks = isNarrow
            ? TrainStack(architecture, regularizations, encoder, whitened, rows, trainingRows.repeat_interleave(candidates.Length, 0), defaults)
            : TrainEach(architecture, regularizations, encoder, whitened, network => rows.Select(trainingRows[network / candidates.Length]), null, defaults);
        for (int i = 0; i < networks.Length; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGradient = no_grad();
            (int fold, int candidate) = Math.DivRem(i, candidates.Length);
            validation.Add(candidate, fold, networks[i].Predict(networks[i].Categories.forward(encoder.forward(validation.HeldOutRows(fold).Features))));
        }

        // Where training was cancelled in the first fold, the first candidate's network is all there is.
        int finished = networks.Length / candidates.Length;
        IReadOnlyList<(int Candidate, double Factor)> selection = finished > 0 ? validation.Select(finished) : [(0, 1)];
        options.HeldOutAgreement?.Keep(validation.Agreement(selection));
        int[] kept = [.. Enumerable.Range(0, networks.Length).Where(index => selection.Any(chosen => chosen.Candidate == index % candidates.Length))];
        KeepChoices(selection, candidates);
        Run.KeepOnly(kept);
        for (int i = 0; i < networks.Length; i++)
        {
            if (kept.Contains(i))
            {
                networks[i].ScaleOutputs(selection.First(chosen => chosen.Candidate == i % candidates.Length).Factor);
            }
            else
            {
                networks[i].Dispose();
            }
        }

        return [.. kept.Select(index => networks[index])];
    }

    // All networks at once.
    private PredictionNetwork[] TrainStack(
        PredictionArchitecture architecture, Regularization[] regularizations, FeatureEncoder encoder, WhitenedEncoder? whitened, TrainingSet training, Tensor rows, TrainingDefaults defaults)
    {
        using var generator = new Generator((ulong)Run.Seed, CPU);
        FeatureEncoder inputs = whitened ?? encoder;
        using PredictionNetwork all = CreateNetwork(architecture, inputs, generator, [.. regularizations.Select(regularization => regularization.Dropout)]);
        Train(new PredictionProblem(all, inputs, Task, training, null, rows, options, regularizations, generator, Run.CancellationToken), defaults, Run.Seed, EnsembleMember.Alone);
        var networks = new PredictionNetwork[regularizations.Length];
        for (int i = 0; i < networks.Length; i++)
        {
            networks[i] = CreateCopy(architecture, encoder, generator, all, i, whitened);
        }

        return networks;
    }

    // One network after another. The first one is the one that would be trained alone.
    private PredictionNetwork[] TrainEach(
        PredictionArchitecture architecture, Regularization[] regularizations, FeatureEncoder encoder, WhitenedEncoder? whitened, Func<int, TrainingSet> training, TrainingSet? validation, TrainingDefaults defaults)
    {
        var seeds = new Random(Run.Seed);
        return EnsembleTraining.Run(regularizations.Length, Run.Options, member =>
        {
            int seed = member.Index == 0 ? Run.Seed : seeds.Next();
            using var generator = new Generator((ulong)seed, CPU);
            Regularization regularization = regularizations[member.Index];
            PredictionArchitecture sized = architecture with { Sizes = architecture.Sizes with { Dropout = regularization.Dropout } };
            FeatureEncoder inputs = whitened ?? encoder;
            PredictionNetwork network = CreateNetwork(sized, inputs, generator, null);
            Initial?.Ensemble.Networks[member.Index].CopyStateTo(network);
            TrainingSet rows = training(member.Index);
            Train(
                new PredictionProblem(network, inputs, Task, rows, validation, null, options, [regularization], generator, Run.CancellationToken),
                defaults with { WeightDecay = regularization.WeightDecay },
                seed,
                member);
            if (whitened is null)
            {
                return network;
            }

            using PredictionNetwork trained = network;
            return CreateCopy(sized, encoder, generator, trained, null, whitened);
        });
    }

    private void Train(PredictionProblem problem, TrainingDefaults defaults, int seed, EnsembleMember member)
    {
        TrainingPlan plan = Run.Plan(defaults, problem.ExampleCount) with { Seed = seed };
        options.Tuner?.Begin(plan.Epochs);
        problem.Begin(plan.LearningRate);
        Optimize(problem, plan, member);
        problem.ReportUnsolvedRows(Run.Channel);
        problem.Complete();
    }

    private PredictionNetwork CreateNetwork(PredictionArchitecture architecture, FeatureEncoder encoder, Generator generator, double[]? stackedDropout)
    {
        PredictionNetwork network = architecture.CreateNetwork(encoder.Width, generator, stackedDropout);
        network.to(Run.Device);
        return network;
    }

    // Of what was trained, for rows as the encoder gives them.
    private PredictionNetwork CreateCopy(PredictionArchitecture architecture, FeatureEncoder encoder, Generator generator, PredictionNetwork trained, int? index, WhitenedEncoder? whitened)
    {
        PredictionNetwork copy = CreateNetwork(architecture, encoder, generator, null);
        copy.CopyFrom(trained, index, whitened);
        copy.eval();
        return copy;
    }

    private TrainingDefaults Defaults(long rows, bool areSparse, int hiddenWidth, double weightDecay) =>
        PredictionDefaults.Training(options.ReadsImages, Task, rows, areSparse, hiddenWidth, weightDecay);

    private void KeepChoices(IReadOnlyList<(int Candidate, double Factor)> selection, Regularization[] candidates)
    {
        if (selection.Count == 1)
        {
            KeepChoice(candidates[selection[0].Candidate], string.Empty);
            return;
        }

        Run.DropChoice($"Training.{nameof(options.Training.WeightDecay)}");
        foreach ((int candidate, _) in selection)
        {
            KeepChoice(candidates[candidate], $" ({candidate + 1})");
        }
    }

    private void KeepChoice(Regularization regularization, string suffix)
    {
        Run.KeepChoice($"Training.{nameof(options.Training.WeightDecay)}{suffix}", options.Training.WeightDecay, regularization.WeightDecay);
        Run.KeepChoice($"{nameof(options.Dropout)}{suffix}", options.Dropout, regularization.Dropout);
        Run.KeepChoice($"{nameof(options.InputDropout)}{suffix}", options.InputDropout, regularization.InputDropout);
    }
}
