using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Trains a deep-equilibrium model (Bai, Kolter and Koltun, "Deep Equilibrium Models", 2019): the hidden state is the
/// fixed point z = f(z, x) of one cell, an infinitely deep network with tied weights, and its gradient comes from the
/// implicit function theorem. Features are standardised inside the model.
/// </summary>
public abstract class DeepEquilibriumTrainer : ITrainerEstimator<DeepEquilibriumTransformer, DeepEquilibriumModelParameters>
{
    private protected DeepEquilibriumTrainer(IHostEnvironment environment, string name, DeepEquilibriumOptions options)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(options);
        MLNetCompatibility.EnsureSupported();
        options.Validate();
        Host = environment.Register(name);
        Options = options;
    }

    /// <inheritdoc/>
    public TrainerInfo Info { get; } = new(normalization: false, caching: false, supportValid: true);

    private protected IHost Host { get; }

    private protected DeepEquilibriumOptions Options { get; }

    /// <summary>Trains a model.</summary>
    /// <param name="input">Training rows; see <see cref="TrainingOptions.ValidationFraction"/> for what is held out.</param>
    /// <returns>The trained model as a transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or training stopped being finite; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public DeepEquilibriumTransformer Fit(IDataView input) => Fit(input, null);

    /// <summary>Trains a model, stopping early by the loss on given validation rows.</summary>
    /// <param name="trainData">Training rows.</param>
    /// <param name="validationData">Validation rows with the same columns, or <see langword="null"/>.</param>
    /// <returns>The trained model as a transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or training stopped being finite; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public DeepEquilibriumTransformer Fit(IDataView trainData, IDataView? validationData)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        foreach (IDataView data in new[] { trainData, validationData }.OfType<IDataView>())
        {
            CheckColumns(SchemaShape.Create(data.Schema));
            if (Options.Cell == EquilibriumCellKind.MultiscaleConvolutional)
            {
                Options.Image!.Value.CheckDimensions(data.Schema[Options.FeatureColumnName]);
            }
        }

        Device device = NativeBackend.ResolveDevice(Options.Training.Device);
        CheckLabel(trainData.Schema[Options.LabelColumnName]);
        using var run = new TrainingRun(Host, Options.Training);
        var reader = new TrainingSetReader(Options.FeatureColumnName, Options.LabelColumnName, Options.ExampleWeightColumnName) { KeepsSparse = Options.Cell == EquilibriumCellKind.Dense };
        TrainingSet training = reader.Read(trainData, run.Channel, run.CancellationToken);
        TrainingSet? validation = validationData is null ? null : reader.Read(validationData, run.Channel, run.CancellationToken);
        try
        {
            run.Begin(Options, training, validation);
            PredictionTask task = CreateTask(trainData.Schema[Options.LabelColumnName], training);
            if (validation is null)
            {
                double fraction = Options.Training.ValidationFraction ?? DeepEquilibriumDefaults.ValidationFraction(training.Count);
                (training, validation) = HoldOut.Split(training, fraction, run.Seed);
            }

            DeepEquilibriumTransformer model = Train(task, training, validation, device, run);
            run.Complete();
            return model;
        }
        finally
        {
            training.Dispose();
            validation?.Dispose();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        CheckColumns(inputSchema);
        Dictionary<string, SchemaShape.Column> columns = inputSchema.ToDictionary(column => column.Name);
        foreach (SchemaShape.Column column in GetOutputColumns(inputSchema))
        {
            columns[column.Name] = column;
        }

        return new SchemaShape(columns.Values);
    }

    private protected abstract void CheckLabel(SchemaShape.Column label);

    /// <summary>Checks what only the label column of data says, before the data is read.</summary>
    private protected virtual void CheckLabel(DataViewSchema.Column label)
    {
    }

    private protected abstract PredictionTask CreateTask(DataViewSchema.Column label, TrainingSet data);

    private protected abstract IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema);

    private DeepEquilibriumTransformer Train(PredictionTask task, TrainingSet training, TrainingSet? validation, Device device, TrainingRun run)
    {
        using DisposeScope scope = NewDisposeScope();
        var architecture = new DeepEquilibriumArchitecture(Options, (int)training.Features.shape[1], task, training.Count);
        FeatureEncoder encoder = Options.Cell == EquilibriumCellKind.Dense
            ? FeatureEncoder.OfVectors(training.Features, task.ClassesOf(training.Labels))
            : ImageEncoder.Of(training.Features, Options.Image!.Value.Channels);
        architecture = architecture.With(encoder);
        encoder.to(device);
        (training, validation) = (training.To(device), validation?.To(device));

        // The first network is the one that would be trained alone.
        var seeds = new Random(run.Seed);
        DeepEquilibriumNetwork[] networks = EnsembleTraining.Run(architecture.EnsembleSize, Options.Training, member =>
        {
            int networkSeed = member.Index == 0 ? run.Seed : seeds.Next();
            using var generator = new Generator((ulong)networkSeed, CPU);
            var network = new DeepEquilibriumNetwork(architecture, encoder.Width, Options.GradientTolerance, generator);
            network.to(device);
            var problem = new DeepEquilibriumProblem(network, encoder, task, training, validation, Options, generator, run.CancellationToken);
            Train(problem, task, networkSeed, member, run);
            return network;
        });
        var ensemble = new EquilibriumEnsemble(encoder, networks);
        ensemble.Freeze();
        var model = new DeepEquilibriumModelParameters(architecture with { EnsembleSize = networks.Length }, ensemble, task, device);
        run.Place(model.MoveTo);
        return new DeepEquilibriumTransformer(Host, model, Options.FeatureColumnName);
    }

    private void Train(DeepEquilibriumProblem problem, PredictionTask task, int seed, EnsembleMember member, TrainingRun run)
    {
        TrainingDefaults defaults = DeepEquilibriumDefaults.Training(Options.Cell, task, problem.ExampleCount, problem.HasSparseInputs, Options.HiddenWidth);
        TrainingPlan plan = TrainingPlan.Create(Options.Training, defaults, problem.ExampleCount, seed);
        problem.Begin(plan.LearningRate);
        using var loop = new TrainingLoop(problem, plan, run, member);
        loop.Run();
        problem.ReportUnsolvedRows(run.Channel);
        problem.ReportNothingLearned(run.Channel);
        problem.Complete();
    }

    private void CheckColumns(SchemaShape schema)
    {
        InputColumns.CheckVector(Host, schema, "feature", Options.FeatureColumnName);
        CheckLabel(InputColumns.Find(Host, schema, "label", Options.LabelColumnName));
        InputColumns.CheckWeight(Host, schema, Options.ExampleWeightColumnName);
    }

    private protected static SchemaShape.Column OutputColumn(string name, SchemaShape.Column.VectorKind kind, DataViewType type, bool isKey, IEnumerable<SchemaShape.Column> annotations) =>
        new(name, kind, type, isKey, new SchemaShape(annotations));
}
