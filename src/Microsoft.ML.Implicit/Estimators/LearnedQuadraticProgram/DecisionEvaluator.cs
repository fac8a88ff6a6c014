using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Compares the decisions of a learned program with the best ones at realised costs.</summary>
internal sealed class DecisionEvaluator(LearnedQuadraticProgramModelParameters model, LearnedQuadraticProgramScheme scheme)
{
    private readonly InteriorPointSolver _solver = scheme.Solving.CreateSolver();
    private double _weight;
    private double _cost;
    private double _best;
    private double _bestMagnitude;
    private long _solved;

    /// <exception cref="InvalidOperationException">There are no rows, or a feature, label or weight is not finite, or a weight negative.</exception>
    public DecisionMetrics Evaluate(IDataView data, string labelColumnName, string? exampleWeightColumnName)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        var binding = new QuadraticBinding(scheme.Template, data.Schema, model.VariableCount);
        var columns = new LearnedQuadraticProgramOptions { LabelColumnName = labelColumnName, ExampleWeightColumnName = exampleWeightColumnName };
        using DecisionSet rows = DecisionSetReader.Read(data, binding, scheme.FeatureColumnName, columns, CancellationToken.None);
        Tensor?[] constants = binding.CreateConstants(CPU);
        foreach ((_, DecisionSet batch) in rows.Parts())
        {
            using DisposeScope batchScope = NewDisposeScope();
            Add(binding, constants, batch);
        }

        double regret = _cost - _best;
        return new DecisionMetrics(_solved, rows.Count - _solved, _cost / _weight, _best / _weight, regret / _weight, regret / _bestMagnitude);
    }

    private void Add(QuadraticBinding binding, Tensor?[] constants, DecisionSet batch)
    {
        Tensor?[] arguments = binding.Arguments(constants, batch.Columns);
        arguments[1] = batch.Labels;
        QuadraticSolution decided = model.Solve(binding, batch.Features, batch.Columns, _solver);
        QuadraticSolution best = _solver.Solve(QuadraticProblem.FromArguments(arguments, binding.QuadraticType));
        double[] costs = Costs(decided), bestCosts = Costs(best);
        double[] weights = batch.Weights is null ? [.. Enumerable.Repeat(1.0, costs.Length)] : batch.Weights.data<double>().ToArray();
        for (int row = 0; row < costs.Length; row++)
        {
            if (decided.Status[row] == SolveStatus.Converged && best.Status[row] == SolveStatus.Converged)
            {
                _solved++;
                _weight += weights[row];
                _cost += weights[row] * costs[row];
                _best += weights[row] * bestCosts[row];
                _bestMagnitude += weights[row] * Math.Abs(bestCosts[row]);
            }
        }

        double[] Costs(QuadraticSolution solution) => DecisionCost.Of(solution.Z.cpu(), batch.Labels, arguments[0]).contiguous().data<double>().ToArray();
    }
}
