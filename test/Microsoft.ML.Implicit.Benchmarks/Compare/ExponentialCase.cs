using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>
/// Solves of random programs of exponential cones, to a tolerance of 1e-6: a logistic regression with a penalty on magnitudes, the portfolio of most logarithmic utility, a distribution of most entropy with given
/// means, and a geometric program. The iterations and the residual, the largest of the solver's own, are the mean and the largest of three programs; a residual above 1e-3 was not solved.
/// </summary>
internal sealed class ExponentialCase : IComparisonCase
{
    private const int Programs = 3;
    private const double Tolerance = 1e-6;

    private readonly ConeOptions _options;
    private readonly Func<Random, ConvexProgram> _create;

    private ExponentialCase(string name, ConeMethod method, Func<Random, ConvexProgram> create)
    {
        _options = new ConeOptions { Method = method, Tolerance = Tolerance, AcceptableTolerance = 1e3 * Tolerance };
        _create = create;
        Name = $"{name}{(method == ConeMethod.InteriorPoint ? "" : "-splitting")}";
    }

    public string Name { get; }

    public bool RunsOnCpu => true;

    public static IEnumerable<IComparisonCase> All()
    {
        foreach (ConeMethod method in Enum.GetValues<ConeMethod>())
        {
            foreach (int size in new[] { 10, 30, 100 })
            {
                yield return new ExponentialCase($"logistic-{size}", method, random => LogisticRegression(size, random));
                yield return new ExponentialCase($"utility-{size}", method, random => Utility(size, random));
                yield return new ExponentialCase($"entropy-{size}", method, random => MostEntropy(size, random));
                yield return new ExponentialCase($"geometric-{size}", method, random => Geometric(size, random));
            }
        }
    }

    public ComparisonResult Run(Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        ConvexProgram[] programs = [.. Enumerable.Range(1, Programs).Select(seed => _create(new Random(seed)))];
        ConeSolution[] solutions = Solve(programs);
        double milliseconds = Stopwatching.MedianMilliseconds(() => Solve(programs), device, 1) / Programs;
        return new ComparisonResult(
            milliseconds,
            solutions.Average(solution => solution.Iterations[0]),
            solutions.Max(solution => Math.Max(solution.Gaps[0], Math.Max(solution.PrimalResiduals[0], solution.DualResiduals[0]))));
    }

    private ConeSolution[] Solve(ConvexProgram[] programs) =>
        [.. programs.Select(program => new ConeSolver(_options).Solve(program.Compiled.Apply(zeros(1, 0, ScalarType.Float64))))];

    private static ConvexProgram LogisticRegression(int size, Random random)
    {
        var x = new Variable("x", size);
        double[,] a = Matrix(3 * size, size, random);
        double[] truth = Vector(size, random);
        for (int i = 0; i < 3 * size; i++)
        {
            double score = Enumerable.Range(0, size).Sum(j => a[i, j] * truth[j]) + (Math.Sqrt(size) * random.NextNormal());
            for (int j = 0; j < size && score > 0; j++)
            {
                a[i, j] *= -1;
            }
        }

        return ConvexProgram.Minimize(Sum(Logistic(Product(a, x))) + (0.5 * Norm1(x)));
    }

    private static ConvexProgram Utility(int size, Random random)
    {
        var shares = new Variable("Shares", size, sign: Sign.Nonnegative);
        double[,] growth = Matrix(2 * size, size, random);
        for (int i = 0; i < growth.Length; i++)
        {
            growth[i / size, i % size] = Math.Exp(0.1 * growth[i / size, i % size]);
        }

        return ConvexProgram.Maximize(Sum(Log(Product(growth, shares))), Sum(shares) <= 1);
    }

    private static ConvexProgram MostEntropy(int size, Random random)
    {
        var p = new Variable("p", size);
        double[,] a = Matrix(size / 5, size, random);
        double[] point = [.. Enumerable.Range(0, size).Select(_ => random.NextDouble())], means = new double[size / 5];
        for (int i = 0; i < means.Length; i++)
        {
            means[i] = Enumerable.Range(0, size).Sum(j => a[i, j] * point[j]) / point.Sum();
        }

        return ConvexProgram.Maximize(Sum(Entropy(p)), Sum(p).EqualTo(1), Product(a, p).EqualTo(means));
    }

    private static ConvexProgram Geometric(int size, Random random)
    {
        var x = new Variable("x", size);
        return ConvexProgram.Minimize(Dot(Vector(size, random), x), LogSumExp(Product(Matrix(3 * size, size, random), x)) <= Math.Log(3 * size) + 1, NormInfinity(x) <= 5);
    }

    private static double[] Vector(int length, Random random) => [.. Enumerable.Range(0, length).Select(_ => random.NextNormal())];

    private static double[,] Matrix(int rows, int columns, Random random)
    {
        double[,] matrix = new double[rows, columns];
        for (int i = 0; i < matrix.Length; i++)
        {
            matrix[i / columns, i % columns] = random.NextNormal();
        }

        return matrix;
    }
}
