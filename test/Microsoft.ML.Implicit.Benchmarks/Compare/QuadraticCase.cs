using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>
/// Forward and backward through a batch of quadratic programs in float64, as peerbench.py times them: one Q and G, a p and h a row, gradient of Σ z with respect to p.
/// Or one problem at a time with half as many equalities as variables, all data with gradients, as Magoon et al. (2024, table 8) publish.
/// The residual is the largest entry of the optimality conditions.
/// </summary>
internal sealed class QuadraticCase(int batch, int variables, int inequalities, int equalities) : IComparisonCase
{
    private readonly InteriorPointSolver _solver = new();

    public string Name => batch == 1 ? $"qp-single-{variables}" : $"qp-{batch}-{variables}-{inequalities}";

    public bool RunsOnCpu => true;

    public static IEnumerable<IComparisonCase> All() =>
    [
        new QuadraticCase(128, 10, 10, 0),
        new QuadraticCase(128, 100, 100, 0),
        new QuadraticCase(1024, 30, 30, 0),
        new QuadraticCase(1, 20, 20, 10),
        new QuadraticCase(1, 100, 100, 50),
        new QuadraticCase(1, 450, 450, 225),
    ];

    public ComparisonResult Run(Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticProblem problem = Create(device);
        QuadraticArguments wanted = batch == 1 ? QuadraticArguments.All : QuadraticArguments.P;
        Tensor ones = torch.ones([batch, variables], ScalarType.Float64, device);
        double milliseconds = Stopwatching.MedianMilliseconds(() => Step(problem, ones, wanted), device, 21);
        QuadraticSolution solution = _solver.Solve(problem);
        solution.ThrowIfFailed();
        return new ComparisonResult(milliseconds, solution.Iterations.Average(), Residual(problem, solution));
    }

    private void Step(QuadraticProblem problem, Tensor gradient, QuadraticArguments wanted)
    {
        using DisposeScope scope = NewDisposeScope();
        _solver.Solve(problem).Backward(gradient, wanted: wanted);
    }

    private QuadraticProblem Create(Device device)
    {
        using var generator = new Generator(0);
        Tensor factor = Normal(variables, variables);
        Tensor q = factor.mm(factor.t()) / variables + 0.1 * torch.eye(variables, dtype: ScalarType.Float64);
        Tensor p = Normal(batch, variables), g = Normal(inequalities, variables);
        Tensor h = torch.rand([batch, inequalities], ScalarType.Float64, generator: generator) + 0.1;
        Tensor? a = equalities > 0 ? Normal(equalities, variables) : null;
        Tensor? b = equalities > 0 ? torch.zeros([equalities], ScalarType.Float64, device) : null;
        return new QuadraticProblem(q.to(device), p.to(device), g.to(device), h.to(device), a?.to(device), b);

        Tensor Normal(params long[] shape) => torch.randn(shape, ScalarType.Float64, generator: generator);
    }

    private static double Residual(QuadraticProblem problem, QuadraticSolution solution)
    {
        Tensor stationarity = solution.Z.mm(problem.Q!) + problem.P + solution.Lambda.mm(problem.G!);
        Tensor slack = problem.H! - solution.Z.mm(problem.G!.t());
        double residual = Math.Max((-slack).max().item<double>(), (slack * solution.Lambda).abs().max().item<double>());
        if (problem.A is not null)
        {
            stationarity += solution.Nu.mm(problem.A);
            residual = Math.Max(residual, (solution.Z.mm(problem.A.t()) - problem.B!).abs().max().item<double>());
        }

        return Math.Max(residual, stationarity.abs().max().item<double>());
    }
}
