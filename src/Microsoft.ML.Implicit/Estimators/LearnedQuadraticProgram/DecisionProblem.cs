using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The training of a <see cref="DecisionNetwork"/> through the solver.</summary>
internal sealed class DecisionProblem : ITrainingProblem
{
    private const long SolvedAtOnce = 256;

    private readonly DecisionNetwork _network;
    private readonly QuadraticBinding _binding;
    private readonly Tensor?[] _constants;
    private readonly LearnedQuadraticProgramOptions _options;
    private readonly InteriorPointSolver _solver;
    private readonly double _costScale;
    private readonly DecisionSet _training;
    private readonly DecisionSet? _validation;
    private long _iterations;
    private long _solves;

    /// <summary>Creates the problem; its tensors belong to the current dispose scope.</summary>
    /// <exception cref="SolveFailedException">A row has no best decision at its realised costs.</exception>
    public DecisionProblem(DecisionNetwork network, QuadraticBinding binding, DecisionSet training, DecisionSet? validation, LearnedQuadraticProgramOptions options, InteriorPointSolver solver)
    {
        _network = network;
        _binding = binding;
        _constants = binding.CreateConstants(training.Labels.device);
        _options = options;
        _solver = solver;
        _costScale = network.CostScale;
        _training = WithDecisions(training);
        _validation = validation is null ? null : WithDecisions(validation);
    }

    public nn.Module Module => _network;

    public long ExampleCount => _training.Count;

    private CancellationToken CancellationToken => _options.Training.CancellationToken;

    public double TakeSolverIterations()
    {
        double mean = _iterations / (double)Math.Max(_solves, 1);
        _iterations = 0;
        _solves = 0;
        return mean;
    }

    public double TrainBatch(Tensor examples, double progress)
    {
        DecisionSet batch = _training.Select(examples.to(_training.Labels.device));
        Tensor?[] arguments = _network.Complete(_binding.Arguments(_constants, batch.Columns), batch.Features);
        return _options.Loss switch
        {
            DecisionLoss.Imitation => Imitate(batch, arguments),
            DecisionLoss.SpoPlus => LowerSurrogate(batch, arguments),
            DecisionLoss.Regret => LowerRegret(batch, arguments),
            _ => LowerCostError(batch, arguments),
        };
    }

    public double? Validate()
    {
        if (_validation is null)
        {
            return null;
        }

        using IDisposable noGradient = no_grad();
        double total = 0;
        for (long first = 0; first < _validation.Count; first += SolvedAtOnce)
        {
            using DisposeScope scope = NewDisposeScope();
            DecisionSet batch = _validation.Narrow(first, Math.Min(SolvedAtOnce, _validation.Count - first));
            Tensor?[] arguments = _network.Complete(_binding.Arguments(_constants, batch.Columns), batch.Features);
            total += batch.Count * _options.Loss switch
            {
                DecisionLoss.Imitation => SquaredError(Solve(arguments).Z, batch.Labels),
                DecisionLoss.CostError => SquaredError(arguments[1]! / _costScale.Held(), batch.Labels / _costScale.Held()),
                _ => MeanRegret(Solve(arguments).Z, batch, arguments[0]),
            };
        }

        return total / _validation.Count;
    }

    private static double SquaredError(Tensor prediction, Tensor target) => (prediction - target).square().mean().item<double>();

    private static Tensor Objective(Tensor z, Tensor costs, Tensor? q) =>
        q is null ? (z * costs).sum(1) : (z * (costs + (Curvature(z, q) / 2.Held()))).sum(1);

    private static Tensor Curvature(Tensor z, Tensor q)
    {
        Tensor symmetric = (q + q.transpose(-1, -2)) / 2.Held();
        return symmetric.matmul(z.unsqueeze(2)).squeeze(2);
    }

    // The gradient of each argument is known; autograd only carries it on to the parameters.
    private static void Backpropagate(Tensor?[] arguments, Tensor?[] gradients)
    {
        Tensor total = arguments.Zip(gradients)
            .Where(pair => pair.First is { requires_grad: true })
            .Select(pair => (pair.First! * pair.Second!).sum())
            .Aggregate((sum, term) => sum + term);
        total.backward();
    }

    private double Imitate(DecisionSet batch, Tensor?[] arguments)
    {
        QuadraticSolution solution = Solve(arguments);
        Tensor difference = solution.Z - batch.Labels;
        Backpropagate(arguments, solution.Backward(difference * (2.0 / difference.numel()).Held()).Arguments);
        return difference.square().mean().item<double>();
    }

    private double LowerRegret(DecisionSet batch, Tensor?[] arguments)
    {
        Tensor? q = arguments[0];
        Tensor curvature = eye(_binding.Variables, dtype: ScalarType.Float64, device: batch.Labels.device) * (_options.Smoothing * _costScale).Held();
        Tensor?[] smoothed = [q is null ? curvature : q + curvature, .. arguments.Skip(1)];
        QuadraticSolution solution = Solve(smoothed);
        Tensor slope = q is null ? batch.Labels : batch.Labels + Curvature(solution.Z, q);
        QuadraticGradients gradients = solution.Backward(slope / (batch.Count * _costScale).Held(), wanted: QuadraticArguments.P);
        Backpropagate([arguments[1]], [gradients.P]);
        return MeanRegret(solution.Z, batch, q);
    }

    // Elmachtoub and Grigas (2022), definition 3 and proposition 3, with the known ½ zᵀQz as one more variable of cost 1.
    private double LowerSurrogate(DecisionSet batch, Tensor?[] arguments)
    {
        Tensor costs = (2.Held() * arguments[1]!.detach()) - batch.Labels;
        QuadraticSolution solution = Solve([arguments[0], costs, .. arguments.Skip(2)]);
        Tensor gradient = 2.Held() * (batch.Decisions! - solution.Z) / (batch.Count * _costScale).Held();
        Backpropagate([arguments[1]], [gradient]);
        Tensor loss = Objective(batch.Decisions!, costs, arguments[0]) - Objective(solution.Z, costs, arguments[0]);
        return loss.mean().item<double>() / _costScale;
    }

    private double LowerCostError(DecisionSet batch, Tensor?[] arguments)
    {
        Tensor loss = ((arguments[1]! - batch.Labels) / _costScale.Held()).square().mean();
        loss.backward();
        return loss.item<double>();
    }

    private double MeanRegret(Tensor z, DecisionSet batch, Tensor? q) =>
        (Objective(z, batch.Labels, q) - Objective(batch.Decisions!, batch.Labels, q)).mean().item<double>() / _costScale;

    private DecisionSet WithDecisions(DecisionSet data)
    {
        if (_options.Loss is DecisionLoss.Imitation or DecisionLoss.CostError)
        {
            return data;
        }

        using DisposeScope scope = NewDisposeScope();
        var decisions = new List<Tensor>();
        for (long first = 0; first < data.Count; first += SolvedAtOnce)
        {
            DecisionSet batch = data.Narrow(first, Math.Min(SolvedAtOnce, data.Count - first));
            Tensor?[] arguments = _binding.Arguments(_constants, batch.Columns);
            arguments[1] = batch.Labels;
            decisions.Add(Solve(arguments).Z);
        }

        return data with { Decisions = cat(decisions, 0).MoveToOuterDisposeScope() };
    }

    private QuadraticSolution Solve(Tensor?[] arguments)
    {
        QuadraticSolution solution = _solver.Solve(QuadraticProblem.FromArguments([.. arguments.Select(argument => argument?.detach())]), cancellation: CancellationToken);
        solution.ThrowIfFailed();
        _iterations += solution.Iterations.Max();
        _solves++;
        return solution;
    }
}
