using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>
/// One large sparse program: ½ ‖Fx − y‖² + λ ‖x‖₁ with few entries in each row of F, at random, so that a factorisation fills up. Variables are x, bounds of its magnitudes and Fx − y, to
/// a tolerance of 1e-6. The residual is the largest of the solver's own.
/// </summary>
internal sealed class SparseLassoCase(int features, int examples, ConeMethod method) : IComparisonCase
{
    private const int EntriesOfExample = 8;

    private readonly ConeSolver _solver = new(new ConeOptions { Method = method, Tolerance = 1e-6 });

    public string Name => $"lasso-{features}-{examples}{(method == ConeMethod.InteriorPoint ? "" : "-splitting")}";

    public bool RunsOnCpu => true;

    public static IEnumerable<IComparisonCase> All() =>
    [
        new SparseLassoCase(1500, 5000, ConeMethod.InteriorPoint),
        new SparseLassoCase(1500, 5000, ConeMethod.OperatorSplitting),
    ];

    public ComparisonResult Run(Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem problem = Create(device);
        ConeSolution solution = _solver.Solve(problem);
        double milliseconds = Stopwatching.MedianMilliseconds(() => solution = _solver.Solve(problem), device, 1);
        solution.ThrowIfFailed();
        return new ComparisonResult(milliseconds, solution.Iterations[0], Math.Max(solution.Gaps[0], Math.Max(solution.PrimalResiduals[0], solution.DualResiduals[0])));
    }

    private ConeProblem Create(Device device)
    {
        var random = new Random(0);
        int n = (2 * features) + examples, m = examples + (2 * features);
        double[] truth = [.. Enumerable.Range(0, features).Select(_ => random.NextDouble() < 0.1 ? random.NextNormal() : 0)], b = new double[m], q = new double[n];
        List<int> starts = [0], columns = [];
        List<double> values = [];
        for (int i = 0; i < examples; i++)
        {
            foreach (int column in Enumerable.Range(0, EntriesOfExample).Select(_ => random.Next(features)).Distinct().Order().ToArray())
            {
                Add(column, random.NextNormal());
                b[i] += values[^1] * truth[column];
            }

            b[i] += 0.1 * random.NextNormal();
            Add((2 * features) + i, -1);
            starts.Add(columns.Count);
        }

        for (int i = 0; i < 2 * features; i++)
        {
            Add(i / 2, i % 2 == 0 ? 1 : -1);
            Add(features + (i / 2), -1);
            starts.Add(columns.Count);
        }

        Array.Fill(q, 1, features, features);
        var quadratic = new SparseEntries(n, [.. Enumerable.Range(0, n + 1).Select(i => Math.Max(i - (2 * features), 0))], [.. Enumerable.Range(2 * features, examples)]);
        return new ConeProblem(
            ones(examples, ScalarType.Float64, device),
            tensor(q, device: device),
            tensor(values.ToArray(), device: device),
            tensor(b, device: device),
            [Cone.Zero(examples), Cone.Nonnegative(2 * features)],
            quadratic,
            new SparseEntries(n, starts, columns));

        void Add(int column, double value)
        {
            columns.Add(column);
            values.Add(value);
        }
    }
}
