using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>
/// Forward and backward through a batch of second-order cone programs in float64: an A, b and q a row, made from strictly feasible points, gradient of Σ x with respect to all.
/// The residual is the largest entry of the optimality conditions.
/// </summary>
internal sealed class ConeCase(int batch, int variables, int cones, int dimension) : IComparisonCase
{
    private readonly ConeSolver _solver = new();

    public string Name => $"socp-{batch}-{variables}-{cones}x{dimension}";

    public bool RunsOnCpu => true;

    public static IEnumerable<IComparisonCase> All() =>
    [
        new ConeCase(128, 30, 6, 10),
        new ConeCase(128, 30, 20, 3),
    ];

    public ComparisonResult Run(Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem problem = Create(device);
        Tensor ones = torch.ones([batch, variables], ScalarType.Float64, device);
        double milliseconds = Stopwatching.MedianMilliseconds(() => Step(problem, ones), device, 21);
        ConeSolution solution = _solver.Solve(problem);
        solution.ThrowIfFailed();
        return new ComparisonResult(milliseconds, solution.Iterations.Average(), Residual(problem, solution));
    }

    private void Step(ConeProblem problem, Tensor gradient)
    {
        using DisposeScope scope = NewDisposeScope();
        _solver.Solve(problem).Backward(gradient);
    }

    private ConeProblem Create(Device device)
    {
        using var generator = new Generator(0);
        int slacks = cones * dimension;
        Tensor a = Normal(batch, slacks, variables), x = Normal(batch, variables, 1);
        Tensor q = -a.transpose(1, 2).bmm(Interior()).squeeze(2), b = (a.bmm(x) + Interior()).squeeze(2);
        return new ConeProblem(null, q.to(device), a.to(device), b.to(device), [.. Enumerable.Range(0, cones).Select(_ => Cone.SecondOrder(dimension))]);

        Tensor Normal(params long[] shape) => torch.randn(shape, ScalarType.Float64, generator: generator);

        Tensor Interior()
        {
            Tensor others = Normal(batch, cones, dimension - 1);
            return torch.cat([others.norm(2, true, 2) + 0.5, others], 2).reshape(batch, slacks, 1);
        }
    }

    private static double Residual(ConeProblem problem, ConeSolution solution)
    {
        Tensor dual = problem.Q + solution.Y.unsqueeze(1).bmm(problem.A).squeeze(1);
        Tensor primal = problem.A.bmm(solution.X.unsqueeze(2)).squeeze(2) + solution.S - problem.B;
        return Math.Max((solution.S * solution.Y).sum(1).abs().max().item<double>(), Math.Max(dual.abs().max().item<double>(), primal.abs().max().item<double>()));
    }
}
