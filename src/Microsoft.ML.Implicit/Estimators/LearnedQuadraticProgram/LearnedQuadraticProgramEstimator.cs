using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Predicts the data of an optimisation problem from features and decides by solving it, trained end to end through the solver: minimise
/// ½ zᵀQz + pᵀz subject to G z ≤ h, A z = b and bounds, with p predicted, and on demand an offset of h predicted or constraints learned.
/// </summary>
/// <remarks>
/// Label: a vector of known size, decisions or realised costs as <see cref="LearnedQuadraticProgramOptions.Loss"/> says. Features: a vector of
/// known size. Output: the decision z (a vector of Single, with the slot names of the label), and as asked for the predicted p, the
/// objective at the predicted p (Single) and the status (text). Training on realised costs begins at their least-squares prediction. Where rows
/// are held out (a fifth of 100 rows or more, a tenth of 1000 or more, or as asked), the trained model takes that fit's place only if it is better
/// on them by more than a standard error. On the CPU, where constraints are given, every row is solved from its last solution.
/// </remarks>
public sealed class LearnedQuadraticProgramEstimator : IEstimator<LearnedQuadraticProgramTransformer>
{
    private const double DefaultLearningRate = 1e-2;
    private const double DefaultWeightDecay = 0;
    private const int TargetSteps = 1500;
    private const long RowsThatAffordValidation = 100;
    private const long RowsOfWhichATenthIsEnough = 1000;

    private readonly IHost _host;
    private readonly LearnedQuadraticProgramOptions _options;
    private readonly LearnedQuadraticProgramScheme _scheme;

    internal LearnedQuadraticProgramEstimator(IHostEnvironment environment, LearnedQuadraticProgramOptions options)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(options);
        MLNetCompatibility.EnsureSupported();
        options.Validate();
        _host = environment.Register(nameof(LearnedQuadraticProgramEstimator));
        _options = options;
        _scheme = new LearnedQuadraticProgramScheme(options);
    }

    /// <summary>Trains a model.</summary>
    /// <param name="input">Training rows; see <see cref="TrainingOptions.ValidationFraction"/> for what is held out.</param>
    /// <returns>The trained model as a transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing, has the wrong type or a size that does not match.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, a row's program has no solution, or training stopped being finite.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public LearnedQuadraticProgramTransformer Fit(IDataView input) => Fit(input, null);

    /// <summary>Trains a model, stopping early by the loss on given validation rows.</summary>
    /// <param name="trainData">Training rows.</param>
    /// <param name="validationData">Validation rows with the same columns, or <see langword="null"/>.</param>
    /// <returns>The trained model as a transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing, has the wrong type or a size that does not match.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, a row's program has no solution, or training stopped being finite.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public LearnedQuadraticProgramTransformer Fit(IDataView trainData, IDataView? validationData)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        CheckColumns(SchemaShape.Create(trainData.Schema));
        if (validationData is not null)
        {
            CheckColumns(SchemaShape.Create(validationData.Schema));
        }

        Device device = NativeBackend.ResolveDevice(_options.Training.Device);
        using var run = new TrainingRun(_host, _options.Training);
        _scheme.Template.CheckQuadraticTerm(run.Channel);
        int variables = NumberColumns.Length(trainData.Schema[_options.LabelColumnName].Type);
        var binding = new QuadraticBinding(_scheme.Template, trainData.Schema, variables);
        if (_options.StartsFitted)
        {
            long features = NumberColumns.Length(trainData.Schema[_options.FeatureColumnName].Type);
            DenseLimits.Check(features, features, $"The least-squares fit to column '{_options.FeatureColumnName}'", "Select or project its slots.");
        }

        DecisionSet training = Read(trainData, binding, run);
        DecisionSet? validation = validationData is null ? null : Read(validationData, new QuadraticBinding(_scheme.Template, validationData.Schema, variables), run);
        try
        {
            run.Begin(_options, training, validation);
            if (validation is null)
            {
                double fraction = training.Count >= RowsOfWhichATenthIsEnough ? 0.1 : training.Count >= RowsThatAffordValidation ? 0.2 : 0;
                (training, validation) = HoldOut.Split(training, _options.Training.ValidationFraction ?? fraction, run.Seed);
            }

            LearnedQuadraticProgramModelParameters model = Train(binding, training, validation, device, run);
            run.Place(model.MoveTo);
            run.Complete();
            LearnedQuadraticProgramScheme scheme = _scheme with { VariableNames = SolutionColumns.SlotNames(trainData.Schema[_options.LabelColumnName]) };
            return new LearnedQuadraticProgramTransformer(_host, scheme, model);
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
        foreach (SchemaShape.Column column in _scheme.Outputs.Promise(inputSchema, _ => _options.LabelColumnName))
        {
            columns[column.Name] = column;
        }

        return new SchemaShape(columns.Values);
    }

    private LearnedQuadraticProgramModelParameters Train(QuadraticBinding binding, DecisionSet training, DecisionSet? validation, Device device, TrainingRun run)
    {
        using DisposeScope scope = NewDisposeScope();
        TrainingPlan plan = TrainingPlan.Create(_options.Training, new TrainingDefaults(TargetSteps, DefaultLearningRate, DefaultWeightDecay), training.Count, run.Seed);
        var architecture = new DecisionArchitecture(
            (int)training.Features.shape[1],
            binding.Variables,
            PredictsCost: _options.P is null,
            _options.PredictRightHandSide ? binding.Inequalities : 0,
            _options.UsesFeatures ? _options.HiddenWidth : 0,
            _options.LearnedInequalities,
            _options.LearnedEqualities);
        using var generator = new Generator((ulong)run.Seed, CPU);
        var network = new DecisionNetwork(architecture, generator);
        try
        {
            network.Initialize(training, _options.StartsFitted, binding.Arguments(binding.CreateConstants(CPU), training.Columns));
            network.to(device);
            Train(network, binding, training.To(device), validation?.To(device), plan, run);
            network.Freeze();
            return new LearnedQuadraticProgramModelParameters(architecture, network, device);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private void Train(DecisionNetwork network, QuadraticBinding binding, DecisionSet training, DecisionSet? validation, TrainingPlan plan, TrainingRun run)
    {
        DecisionProblem problem;
        try
        {
            problem = new DecisionProblem(network, binding, training, validation, _options, _scheme.Solving.CreateSolver(), run.CancellationToken);
        }
        catch (OperationCanceledException) when (_options.ReturnsFittedStart)
        {
            run.Channel.Info("Cancelled while the best decisions at realised costs were looked for: the model is the least-squares prediction of the costs.");
            return;
        }

        using (problem)
        {
            using var loop = new TrainingLoop(problem, plan, run);
            loop.Run();
        }
    }

    // The fitted start needs all rows.
    private DecisionSet Read(IDataView data, QuadraticBinding binding, TrainingRun run) => DecisionSetReader.Read(
        data, binding, _scheme.FeatureColumnName, _options, _options.ReturnsFittedStart ? CancellationToken.None : run.CancellationToken);

    private void CheckColumns(SchemaShape schema)
    {
        _scheme.Template.CheckColumns(_host, schema);
        CheckVector(schema, "label", _options.LabelColumnName);
        if (_scheme.FeatureColumnName is { } features)
        {
            CheckVector(schema, "feature", features);
        }

        InputColumns.CheckWeight(_host, schema, _options.ExampleWeightColumnName);
    }

    private void CheckVector(SchemaShape schema, string role, string name)
    {
        SchemaShape.Column column = InputColumns.Find(_host, schema, role, name);
        if (column.Kind != SchemaShape.Column.VectorKind.Vector || column.IsKey || !NumberColumns.IsNumber(column.ItemType))
        {
            throw _host.ExceptSchemaMismatch(nameof(schema), role, name, "a vector of Single or Double of known size", column.GetTypeString());
        }
    }
}
