using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>
/// Forward and backward through plans of a body in the plane that is driven from rows of starts to the origin, with bounds on its speed and on the norm of its drive, in float64: a few
/// entries in each row of matrices that all programs share. The residual is the largest of the solver's own.
/// </summary>
internal sealed class ControlCase(int batch, int steps, ConeMethod method) : IComparisonCase
{
    private const int States = 4;
    private const int Width = States + 2;
    private const double TimeStep = 0.1;

    private readonly ConeSolver _solver = new(new ConeOptions { Method = method });

    public string Name => $"control-{batch}-{steps}{(method == ConeMethod.InteriorPoint ? "" : "-splitting")}";

    public bool RunsOnCpu => true;

    public static IEnumerable<IComparisonCase> All() =>
    [
        new ControlCase(32, 25, ConeMethod.InteriorPoint),
        new ControlCase(32, 25, ConeMethod.OperatorSplitting),
        new ControlCase(8, 100, ConeMethod.InteriorPoint),
        new ControlCase(8, 100, ConeMethod.OperatorSplitting),
    ];

    public ComparisonResult Run(Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem problem = Create(device);
        Tensor gradient = ones([batch, steps * Width], ScalarType.Float64, device);
        double milliseconds = Stopwatching.MedianMilliseconds(() => Step(problem, gradient), device, 5);
        ConeSolution solution = _solver.Solve(problem);
        solution.ThrowIfFailed();
        return new ComparisonResult(milliseconds, solution.Iterations.Average(), Math.Max(solution.Gaps.Max(), Math.Max(solution.PrimalResiduals.Max(), solution.DualResiduals.Max())));
    }

    private void Step(ConeProblem problem, Tensor gradient)
    {
        using DisposeScope scope = NewDisposeScope();
        _solver.Solve(problem).Backward(gradient);
    }

    // Positions and velocities, then the drive, step after step.
    private ConeProblem Create(Device device)
    {
        using var generator = new Generator(0);
        int columns = steps * Width, dynamics = steps * States, limits = 4 * steps, slacks = dynamics + limits + (3 * steps);
        double[,] a = new double[slacks, columns], p = new double[columns, columns];
        double[] b = new double[slacks];
        for (int step = 0; step < steps; step++)
        {
            int state = step * Width, drive = state + States, row = step * States, limit = dynamics + (4 * step), cone = dynamics + limits + (3 * step);
            for (int i = 0; i < States; i++)
            {
                (a[row + i, state + i], p[state + i, state + i]) = (1, 1);
                if (step > 0)
                {
                    a[row + i, state - Width + i] = -1;
                }
            }

            for (int i = 0; i < 2; i++)
            {
                if (step > 0)
                {
                    a[row + i, state - Width + 2 + i] = -TimeStep;
                }

                (a[row + 2 + i, drive + i], p[drive + i, drive + i]) = (-TimeStep, 0.1);
                (a[limit + (2 * i), state + 2 + i], a[limit + (2 * i) + 1, state + 2 + i]) = (1, -1);
                (b[limit + (2 * i)], b[limit + (2 * i) + 1]) = (2, 2);
                a[cone + 1 + i, drive + i] = -1;
            }

            b[cone] = 1.5;
        }

        Tensor sides = tensor(b).repeat(batch, 1);
        sides[TensorIndex.Colon, ..States] = randn([batch, States], ScalarType.Float64, generator: generator);
        Cone[] cones = [Cone.Zero(dynamics), Cone.Nonnegative(limits), .. Enumerable.Range(0, steps).Select(_ => Cone.SecondOrder(3))];
        return new ConeProblem(tensor(p).to(device), zeros([batch, columns], ScalarType.Float64, device), tensor(a).to(device), sides.to(device), cones);
    }
}
