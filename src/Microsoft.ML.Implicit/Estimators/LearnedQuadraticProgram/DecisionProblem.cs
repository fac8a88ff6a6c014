using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The training of a <see cref="DecisionNetwork"/> through the solver; where constraints are given, rows are solved from their last solution.</summary>
internal sealed class DecisionProblem : ITrainingProblem, IDisposable
{
    private readonly DecisionNetwork _network;
    private readonly QuadraticBinding _binding;
    private readonly Tensor?[] _constants;
    private readonly LearnedQuadraticProgramOptions _options;
    private readonly InteriorPointSolver _solver;
    private readonly CancellationToken _cancellationToken;
    private readonly double _costScale;
    private readonly DecisionSet _training;
    private readonly DecisionSet? _validation;
    private readonly DecisionStarts? _trainingStarts;
    private readonly DecisionStarts? _validationStarts;
    private readonly SolverMeter _meter = new();
    private Tensor? _fittedLosses;

    /// <summary>Creates the problem; its tensors belong to the current dispose scope.</summary>
    /// <exception cref="SolveFailedException">A row has no best decision at its realised costs, and that is an error.</exception>
    public DecisionProblem(
        DecisionNetwork network,
        QuadraticBinding binding,
        DecisionSet training,
        DecisionSet? validation,
        LearnedQuadraticProgramOptions options,
        InteriorPointSolver solver,
        Action<string> warn,
        CancellationToken cancellationToken = default)
    {
        _network = network;
        _binding = binding;
        _constants = binding.CreateConstants(training.Labels.device);
        _options = options;
        _solver = solver;
        _cancellationToken = cancellationToken;
        _costScale = network.CostScale;
        _training = WithDecisions(training, warn);
        _validation = validation is null ? null : WithDecisions(validation, warn);

        // Where constraints are learned, solutions move too far from epoch to epoch. A GPU solves whole batches in lockstep, from a start of its own.
        if (!options.LearnsConstraints && training.Labels.device_type == DeviceType.CPU)
        {
            _trainingStarts = new DecisionStarts(_training.Count, binding, options);
            _validationStarts = _validation is null ? null : new DecisionStarts(_validation.Count, binding, options);
        }
    }

    public nn.Module Module => _network;

    public bool StartsFitted => _options.StartsFitted;

    public long ExampleCount => _training.Count;

    public void Dispose() => _fittedLosses?.Dispose();

    public double TakeSolverIterations() => _meter.Take();

    public Tensor TrainBatch(Tensor examples, double progress)
    {
        DecisionSet batch = _training.Select(examples.to(_training.Labels.device));
        Tensor?[] arguments = _network.Complete(_binding.Arguments(_constants, batch.Columns), batch.Features);
        return _options.Loss switch
        {
            DecisionLoss.Imitation => Imitate(batch, arguments, examples),
            DecisionLoss.SpoPlus => LowerSurrogate(batch, arguments, examples),
            DecisionLoss.Regret => LowerRegret(batch, arguments, examples),
            _ => LowerCostError(batch, arguments),
        };
    }

    /// <summary>
    /// Mean validation loss. Where training begins at the least-squares fit, one standard error of the difference to that fit's is added, so that
    /// a model takes its place only if it is better beyond the chance of the validation rows.
    /// </summary>
    public Tensor? Validate()
    {
        if (_validation is null)
        {
            return null;
        }

        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        var parts = new List<Tensor>();
        foreach ((long first, DecisionSet batch) in _validation.Parts())
        {
            Tensor?[] arguments = _network.Complete(_binding.Arguments(_constants, batch.Columns), batch.Features);
            parts.Add(_options.Loss switch
            {
                DecisionLoss.Imitation => SquaredErrors(Decide().Z, batch.Labels),
                DecisionLoss.CostError => SquaredErrors(arguments[1]! / _costScale.Held(), batch.Labels / _costScale.Held()),
                _ => Regrets(Decide().Z, batch, arguments[0]),
            });

            QuadraticSolution Decide() => Solve(batch, arguments, _validationStarts, HeldArithmetic.Range(first, first + batch.Count, CPU));
        }

        Tensor losses = cat(parts, 0), shares = _validation.Shares;
        Tensor mean = (losses * shares).sum();
        if (!StartsFitted)
        {
            return mean.MoveToOuterDisposeScope();
        }

        _fittedLosses ??= losses.alias().DetachFromDisposeScope();
        Tensor difference = losses - _fittedLosses;
        Tensor centred = difference - (difference * shares).sum();
        return mean.Plus((centred * shares).Squared().sum().sqrt()).MoveToOuterDisposeScope();
    }

    public void WriteState(BinaryWriter writer)
    {
        _trainingStarts?.WriteState(writer);
        _validationStarts?.WriteState(writer);
        writer.Write(_fittedLosses is not null);
        if (_fittedLosses is not null)
        {
            StoredTensor.Write(writer, _fittedLosses);
        }
    }

    public void ReadState(BinaryReader reader)
    {
        _trainingStarts?.ReadState(reader);
        _validationStarts?.ReadState(reader);
        if (reader.ReadBoolean() != (_validation is not null && StartsFitted))
        {
            throw new FormatException("The file holds losses of a fit where there was none, or none where there was one.");
        }

        if (_validation is not null && StartsFitted)
        {
            _fittedLosses = zeros_like(_validation.Shares).DetachFromDisposeScope();
            StoredTensor.Read(reader, "of the fitted losses", _fittedLosses);
        }
    }

    // Of each row, [rows, 1].
    private static Tensor SquaredErrors(Tensor prediction, Tensor target) => (prediction - target).Squared().mean([1], keepdim: true);

    // The gradient of each argument is known; autograd only carries it on to the parameters.
    private static void Backpropagate(Tensor?[] arguments, Tensor?[] gradients)
    {
        Tensor total = arguments.Zip(gradients)
            .Where(pair => pair.First is { requires_grad: true })
            .Select(pair => (pair.First! * pair.Second!).sum())
            .Aggregate((sum, term) => sum.Plus(term));
        total.backward();
    }

    private Tensor Imitate(DecisionSet batch, Tensor?[] arguments, Tensor examples)
    {
        QuadraticSolution solution = Solve(batch, arguments, _trainingStarts, examples);
        Tensor difference = solution.Z - batch.Labels, shares = batch.Shares;
        Backpropagate(arguments, solution.Backward(difference * shares * (2.0 / _binding.Variables).Held()).Arguments);
        return Mean(SquaredErrors(solution.Z, batch.Labels), shares);
    }

    private Tensor LowerRegret(DecisionSet batch, Tensor?[] arguments, Tensor examples)
    {
        Tensor? q = arguments[0];
        Tensor curvature = eye(_binding.Variables, dtype: ScalarType.Float64, device: batch.Labels.device) * (_options.Smoothing * _costScale).Held();
        Tensor?[] smoothed = [q is null ? curvature : q.Plus(curvature), .. arguments.Skip(1)];
        QuadraticSolution solution = Solve(batch, smoothed, _trainingStarts, examples);
        Tensor slope = q is null ? batch.Labels : batch.Labels.Plus(DecisionCost.Curvature(solution.Z, q)), shares = batch.Shares;
        QuadraticGradients gradients = solution.Backward(slope * shares / _costScale.Held(), wanted: QuadraticArguments.P);
        Backpropagate([arguments[1]], [gradients.P]);
        return Mean(Regrets(solution.Z, batch, q), shares);
    }

    // Elmachtoub and Grigas (2022), definition 3 and proposition 3, with the known ½ zᵀQz as one more variable of cost 1.
    private Tensor LowerSurrogate(DecisionSet batch, Tensor?[] arguments, Tensor examples)
    {
        Tensor costs = (2.Held() * arguments[1]!.detach()) - batch.Labels, shares = batch.Shares;
        QuadraticSolution solution = Solve(batch, [arguments[0], costs, .. arguments.Skip(2)], _trainingStarts, examples);
        Backpropagate([arguments[1]], [(batch.Decisions! - solution.Z) * shares * (2 / _costScale).Held()]);
        Tensor loss = DecisionCost.Of(batch.Decisions!, costs, arguments[0]) - DecisionCost.Of(solution.Z, costs, arguments[0]);
        return Mean(loss, shares) / _costScale.Held();
    }

    private Tensor LowerCostError(DecisionSet batch, Tensor?[] arguments)
    {
        Tensor loss = (SquaredErrors(arguments[1]! / _costScale.Held(), batch.Labels / _costScale.Held()) * batch.Shares).sum();
        loss.backward();
        return loss;
    }

    private static Tensor Mean(Tensor values, Tensor shares) => (values * shares).sum();

    private Tensor Regrets(Tensor z, DecisionSet batch, Tensor? q) =>
        (DecisionCost.Of(z, batch.Labels, q) - DecisionCost.Of(batch.Decisions!, batch.Labels, q)) / _costScale.Held();

    private DecisionSet WithDecisions(DecisionSet data, Action<string> warn) => _options.Loss is DecisionLoss.Imitation or DecisionLoss.CostError
        ? data
        : data.WithDecisions(_options.UnsolvedRows, warn, batch =>
        {
            Tensor?[] arguments = _binding.Arguments(_constants, batch.Columns);
            arguments[1] = batch.Labels;
            QuadraticSolution solution = _solver.Solve(ProblemOf(arguments), null, _cancellationToken);
            return (solution.Status, row => solution.Diagnose(row).ToString(), solution.Z);
        });

    private QuadraticSolution Solve(DecisionSet batch, Tensor?[] arguments, DecisionStarts? starts, Tensor rows)
    {
        QuadraticProblem problem = ProblemOf(arguments);
        bool isOneForAll = problem.BatchSize != rows.shape[0];
        QuadraticSolution solution = _solver.Solve(problem, isOneForAll ? null : starts?.Of(rows), _cancellationToken);
        batch.ThrowIfFailed(solution.Status, row => solution.Diagnose(row).ToString());
        starts?.Keep(rows, solution);
        _meter.Add(solution.Iterations.Max());
        return solution;
    }

    private QuadraticProblem ProblemOf(Tensor?[] arguments) => QuadraticProblem.FromArguments([.. arguments.Select(argument => argument?.detach())], _binding.QuadraticType);
}
