using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Modelling.Compilation;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>
/// What a program of <c>Modelling</c> costs besides being solved: writing, checking and compiling it, or what a call makes of a batch of parameters before the solver has them. The
/// evaluations are the numbers that the parameters of a row hold.
/// </summary>
internal sealed class ProgramCase : IComparisonCase
{
    private const int Batch = 128;
    private const int Repetitions = 101;

    private readonly Func<(ConvexProgram Program, Parameter[] Parameters)> _build;
    private readonly bool _isMapped;

    private ProgramCase(string name, bool isMapped, Func<(ConvexProgram Program, Parameter[] Parameters)> build)
    {
        (_build, _isMapped) = (build, isMapped);
        Name = $"program-{(isMapped ? "map" : "build")}-{name}";
    }

    public string Name { get; }

    public bool RunsOnCpu => true;

    public static IEnumerable<IComparisonCase> All()
    {
        foreach (bool isMapped in new[] { false, true })
        {
            yield return new ProgramCase("portfolio-100", isMapped, () => Portfolio(100, 100));
            yield return new ProgramCase("factors-100", isMapped, () => Portfolio(100, 10));
            yield return new ProgramCase("lasso-100", isMapped, () => Lasso(100));
            yield return new ProgramCase("control-100", isMapped, () => Control(25, 4));
        }
    }

    public ComparisonResult Run(Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        (ConvexProgram program, Parameter[] parameters) = _build();
        using var generator = new Generator(0);
        Dictionary<string, Tensor> values = parameters.ToDictionary(
            parameter => parameter.Name,
            parameter => rand(parameter.Columns == 1 ? [Batch, parameter.Rows] : [Batch, parameter.Rows, parameter.Columns], ScalarType.Float64, generator: generator));
        double milliseconds = Stopwatching.MedianMilliseconds(() => Step(program.Compiled, values), device, Repetitions);
        return new ComparisonResult(milliseconds, program.Compiled.ParameterCount, 0);
    }

    private void Step(CompiledProgram program, Dictionary<string, Tensor> values)
    {
        if (!_isMapped)
        {
            _build();
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor rows = ParameterRows.Create(program.Parameters, values);
        ParameterFaults.Find(program.Parameters, rows);
        program.Apply(rows);
    }

    // Returns and a factor of the covariance of each row; with fewer factors than assets, what is left of each asset is its own.
    private static (ConvexProgram Program, Parameter[] Parameters) Portfolio(int assets, int factors)
    {
        (Parameter returns, Parameter factor, Parameter own) = (new("Returns", assets), new("Factor", factors, assets), new("Own", assets, sign: Sign.Nonnegative));
        var weights = new Variable("Weights", assets, sign: Sign.Nonnegative);
        Expression risk = SumSquares(Product(factor, weights));
        risk = factors < assets ? risk + Sum(own * Square(weights)) : risk;
        var program = ConvexProgram.Maximize(Dot(returns, weights) - risk, Sum(weights).EqualTo(1), weights <= 0.1);
        return (program, factors < assets ? [returns, factor, own] : [returns, factor]);
    }

    // A regression whose matrix differs by row.
    private static (ConvexProgram Program, Parameter[] Parameters) Lasso(int size)
    {
        (Parameter matrix, Parameter target, Parameter penalty) = (new("Matrix", size, size), new("Target", size), new("Penalty", sign: Sign.Nonnegative));
        var x = new Variable("x", size);
        return (ConvexProgram.Minimize(SumSquares(Product(matrix, x) - target) + (penalty * Norm1(x))), [matrix, target, penalty]);
    }

    // States that follow from those before by a matrix of parameters, and drives whose norms are bounded.
    private static (ConvexProgram Program, Parameter[] Parameters) Control(int steps, int states)
    {
        (Parameter dynamics, Parameter start) = (new("Dynamics", states, states), new("Start", states));
        (Variable x, Variable u) = (new("x", steps * states), new("u", steps * states));
        List<Constraint> constraints = [x.Slice(0, states).EqualTo(start)];
        for (int i = 1; i < steps; i++)
        {
            Expression next = Product(dynamics, x.Slice((i - 1) * states, states)) + u.Slice((i - 1) * states, states);
            constraints.Add(x.Slice(i * states, states).EqualTo(next));
            constraints.Add(Norm2(u.Slice((i - 1) * states, states)) <= 1);
        }

        return (ConvexProgram.Minimize(SumSquares(x) + SumSquares(u), [.. constraints]), [dynamics, start]);
    }
}
