using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The training of what predicts a cone program's parameters, through the solver.</summary>
internal sealed class ConeDecisionProblem : ITrainingProblem
{
    private readonly DecisionNetwork _network;
    private readonly LearnedParameters _learned;
    private readonly ConeProgramModel _model;
    private readonly LearnedConeProgramOptions _options;
    private readonly CancellationToken _cancellation;
    private readonly RecourseProgram? _recourse;
    private readonly DecisionSet _training;
    private readonly DecisionSet? _validation;
    private readonly double _costScale;
    private readonly double _scale;
    private readonly SolverMeter _meter = new();

    /// <summary>Creates the problem; its tensors belong to the current dispose scope.</summary>
    /// <exception cref="Solvers.SolveFailedException">A row has no best decision at its realised costs, and that is an error.</exception>
    public ConeDecisionProblem(
        DecisionNetwork network, LearnedParameters learned, ConeProgramModel model, LearnedConeProgramOptions options, DecisionSet training, DecisionSet? validation, TrainingRun run)
    {
        (_network, _learned, _model, _options, _cancellation) = (network, learned, model, options, run.CancellationToken);
        _recourse = options.Decided is { } decided ? new RecourseProgram(model.Program, decided, model.Solver) : null;
        _training = WithLeastCosts(training, run);
        _validation = validation is null ? null : WithLeastCosts(validation, run);
        _costScale = network.CostScale;
        double size = options.Loss switch
        {
            DecisionLoss.Regret => (_training.Decisions!.abs() * _training.Shares).sum().item<double>(),
            DecisionLoss.CostError => _costScale,
            _ => 1,
        };
        _scale = size > 0 ? size : 1;
    }

    public nn.Module Module => _network;

    public long ExampleCount => _training.Count;

    public double TakeSolverIterations() => _meter.Take();

    public Tensor TrainBatch(Tensor examples, double progress)
    {
        DecisionSet batch = _training.Select(examples);
        Tensor loss = (Losses(batch) * batch.Shares).sum();
        ImplicitBackward.Run(() => loss.backward());
        return loss.detach();
    }

    public Tensor? Validate()
    {
        if (_validation is null)
        {
            return null;
        }

        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor losses = cat([.. _validation.Parts().Select(part => Losses(part.Rows))], 0);
        return (losses * _validation.Shares).sum().MoveToOuterDisposeScope();
    }

    // Rows are solved anew in every step.
    public void WriteState(BinaryWriter writer)
    {
    }

    public void ReadState(BinaryReader reader)
    {
    }

    // Of each row, [rows, 1].
    private Tensor Losses(DecisionSet batch)
    {
        Device device = _network.parameters().First().device;
        Tensor predicted = _network.PredictCosts(batch.Features.to(device)).cpu(), completed = _learned.Complete(batch.Columns, predicted, _costScale);
        switch (_options.Loss)
        {
            case DecisionLoss.CostError:
                return SquaredErrors(_learned.Of(completed) / _scale.Held(), batch.Labels / _scale.Held());
            case DecisionLoss.Imitation:
                Tensor decision = Solve(batch, completed).Value(_options.ImitatedVariable!);
                return SquaredErrors(decision.reshape(batch.Count, -1), batch.Labels);
            default:
                return (Costs(batch, Solve(batch, completed)) - batch.Decisions!) / _scale.Held();
        }
    }

    private static Tensor SquaredErrors(Tensor prediction, Tensor target) => (prediction - target).Squared().mean([1], keepdim: true);

    private Tensor Realised(DecisionSet batch) => _learned.Place(batch.Columns, batch.Labels);

    // What decisions cost at realised parameters, [rows, 1].
    private Tensor Costs(DecisionSet batch, ProgramSolution solution)
    {
        Tensor parameters = Realised(batch);
        if (_recourse is not null)
        {
            return _recourse.Cost(batch, parameters, solution.Value(_options.DecidedVariable!).reshape(parameters.shape[0], -1), _cancellation).unsqueeze(1);
        }

        return _model.Program.Cost(parameters, solution.X).unsqueeze(1);
    }

    private DecisionSet WithLeastCosts(DecisionSet data, TrainingRun run)
    {
        if (_options.Loss != DecisionLoss.Regret)
        {
            return data;
        }

        using IDisposable noGradient = no_grad();
        return data.WithDecisions(_options.UnsolvedRows, message => run.Channel.Warning(message), batch =>
        {
            ProgramSolution solution = SolveAny(Realised(batch));
            Tensor costs = _model.Program.Maximizes ? solution.Objective.neg() : solution.Objective;
            return (solution.Status, solution.Describe, costs.unsqueeze(1));
        });
    }

    private ProgramSolution SolveAny(Tensor parameters) => ConvexProgram.Solve(_model.Program, parameters, _model.Solver, throwOnFailure: false, warmStart: null, _cancellation);

    private ProgramSolution Solve(DecisionSet batch, Tensor parameters)
    {
        ProgramSolution solution = SolveAny(parameters);
        batch.ThrowIfFailed(solution.Status, solution.Describe);
        _meter.Add(solution.Iterations.Max());
        return solution;
    }
}
