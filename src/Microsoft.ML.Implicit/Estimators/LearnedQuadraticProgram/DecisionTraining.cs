using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains the network behind a learned quadratic program.</summary>
internal sealed class DecisionTraining : ModelTraining<DecisionSet, LearnedQuadraticProgramModelParameters>
{
    private const double DefaultLearningRate = 1e-2;
    private const double DefaultWeightDecay = 0;
    private const int TargetSteps = 1500;

    private readonly LearnedQuadraticProgramOptions _options;
    private readonly LearnedQuadraticProgramScheme _scheme;
    private readonly QuadraticBinding _binding;

    /// <param name="options">The estimator's options.</param>
    /// <param name="scheme">What surrounds the network.</param>
    /// <param name="schema">Schema of the training rows.</param>
    /// <param name="run">The run.</param>
    /// <exception cref="ArgumentException">Sizes of columns do not match, or a constant Q is not positive semidefinite.</exception>
    public DecisionTraining(LearnedQuadraticProgramOptions options, LearnedQuadraticProgramScheme scheme, DataViewSchema schema, TrainingRun run)
        : base(options, run)
    {
        _options = options;
        _scheme = scheme;
        scheme.Template.CheckQuadraticTerm(run.Channel);
        _binding = new QuadraticBinding(scheme.Template, schema, NumberColumns.Length(schema[options.LabelColumnName].Type));
        if (options.StartsFitted)
        {
            long features = NumberColumns.Length(schema[options.FeatureColumnName].Type);
            DenseLimits.Check(features, features, $"The least-squares fit to column '{options.FeatureColumnName}'", "Select or project its slots.");
        }
    }

    // The fitted start needs all rows.
    protected override DecisionSet Read(IDataView data) => DecisionSetReader.Read(
        data,
        new QuadraticBinding(_scheme.Template, data.Schema, _binding.Variables),
        _scheme.FeatureColumnName,
        _options,
        _options.ReturnsFittedStart ? CancellationToken.None : Run.CancellationToken);

    protected override LearnedQuadraticProgramModelParameters Train(DecisionSet training, DecisionSet? validation, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        var architecture = new DecisionArchitecture(
            (int)training.Features.shape[1],
            _binding.Variables,
            PredictsCost: _options.P is null,
            _options.PredictRightHandSide ? _binding.Inequalities : 0,
            _options.UsesFeatures ? _options.HiddenWidth : 0,
            _options.LearnedInequalities,
            _options.LearnedEqualities);

        RequireInitial(Initial is null || Initial.Architecture == architecture, $"it is {Initial?.Architecture}, and options and data make {architecture}.");

        // Weights are drawn from a source of their own, whether rows are held out or not.
        using var weights = new Generator((ulong)Run.Seed, CPU);
        var network = new DecisionNetwork(architecture, weights);
        return HandOver(network, () =>
        {
            if (Initial is null)
            {
                network.Initialize(training, _options.StartsFitted, _binding.Arguments(_binding.CreateConstants(CPU), training.Columns));
            }
            else
            {
                Initial.Network.CopyStateTo(network);
            }

            network.to(Run.Device);
            Train(network, training.To(Run.Device), validation?.To(Run.Device));
            network.FreezeState();
            return new LearnedQuadraticProgramModelParameters(architecture, network, Run.Device);
        });
    }

    private void Train(DecisionNetwork network, DecisionSet training, DecisionSet? validation)
    {
        DecisionProblem problem;
        try
        {
            problem = new DecisionProblem(network, _binding, training, validation, _options, _scheme.Solving.CreateSolver(), message => Run.Channel.Warning(message), Run.CancellationToken);
        }
        catch (OperationCanceledException) when (_options.ReturnsFittedStart)
        {
            Run.Channel.Info("Cancelled while the best decisions at realised costs were looked for: the model is the least-squares prediction of the costs.");
            return;
        }

        using (problem)
        {
            Optimize(problem, Run.Plan(new TrainingDefaults(TargetSteps, DefaultLearningRate, DefaultWeightDecay), problem.ExampleCount));
        }
    }
}
