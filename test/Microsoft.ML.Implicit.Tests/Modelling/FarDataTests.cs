using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Modelling;

/// <summary>Programs whose data lie far from zero, where what matters are differences.</summary>
[TestClass]
public sealed class FarDataTests
{
    private static readonly double[] Values = [.. Enumerable.Range(0, 12).Select(i => Math.Round(1024 * ((3 * Math.Sin(5 * i)) + Math.Cos(i * i))) / 1024)];
    private static readonly double[] Others = [.. Enumerable.Range(0, 12).Select(i => Math.Round(1024 * 4 * Math.Sin((7 * i) + 1)) / 1024)];

    [TestMethod]
    [DataRow(1e5, 1)]
    [DataRow(1e6, 1e6)]
    [DataRow(1e8, 1e-6)]
    [DataRow(1.7e9, 1)]
    public void What_is_made_of_differences_is_that_of_data_near_zero(double offset, double unit)
    {
        using DisposeScope scope = NewDisposeScope();
        (double middle, double range, double mean) = ((Values.Max() + Values.Min()) / 2, Values.Max() - Values.Min(), Values.Average());
        double spread = Values.Sum(value => (value - mean) * (value - mean)), most = mean + Math.Sqrt(0.5 * spread / Values.Length);
        double[] far = [.. Values.Select(value => unit * (offset + value))];
        (Variable m, Variable t) = (new Variable("m"), new Variable("t"));
        AssertFound(middle, ConvexProgram.Minimize(Max(Square(m - far))), unit * unit * range * range / 4);
        AssertFound(middle, ConvexProgram.Minimize(t, Square(m - far) <= t), unit * unit * range * range / 4);
        AssertFound(most, ConvexProgram.Maximize(m, SumSquares(m - far) <= 1.5 * spread * unit * unit), unit * (offset + most));
        AssertFound(most, ConvexProgram.Maximize(m, Norm2(m - far) <= Math.Sqrt(1.5 * spread) * unit), unit * (offset + most));

        void AssertFound(double expected, ConvexProgram program, double objective)
        {
            ProgramSolution solution = Solve(program);
            Assert.AreEqual(expected, (solution[m].item<double>() / unit) - offset, 1e-6 + (1e-15 * offset));
            Assert.AreEqual(1, solution.Objective.item<double>() / objective, 1e-6);
        }
    }

    [TestMethod]
    [DataRow(1e5)]
    [DataRow(5e6)]
    [DataRow(1.7e9)]
    public void Losses_have_the_minima_of_those_of_data_near_zero(double offset)
    {
        using DisposeScope scope = NewDisposeScope();
        (Variable p, Variable line) = (new Variable("p", 2, sign: Sign.Nonnegative), new Variable("line", 2));
        double[] ones = [.. Values.Select(_ => 1.0)];
        AssertSame(p, 1, (x, y) => ConvexProgram.Minimize(Enumerable.Range(0, 12).Select(i => Norm2(p - new[] { x[i], y[i] })).Aggregate((sum, norm) => sum + norm)));
        AssertSame(line, 0, (x, _) => ConvexProgram.Minimize(Sum(Huber((line[0] * ones) + (line[1] * Others) - x, 0.01))));
        AssertSame(line, 0, (x, _) => ConvexProgram.Minimize(Norm1((line[0] * ones) + (line[1] * Others) - x)));
        AssertSame(line, 0, (x, _) => ConvexProgram.Minimize(Square(Norm2((line[0] * ones) + (line[1] * Others) - x))));

        void AssertSame(Variable variable, double offsetOfSecond, Func<double[], double[], ConvexProgram> program)
        {
            // Near is where signs of variables do not bind.
            ProgramSolution near = Solve(program(Far(Values, 10), Far(Others, 10))), far = Solve(program(Far(Values, offset), Far(Others, offset)));
            double[] expected = near[variable].ReadDoubles(), actual = far[variable].ReadDoubles();
            Assert.AreEqual(expected[0] - 10, actual[0] - offset, 1e-6 + (1e-15 * offset));
            Assert.AreEqual(expected[1] - (10 * offsetOfSecond), actual[1] - (offset * offsetOfSecond), 1e-6 + (1e-15 * offset));
            Assert.AreEqual(1, far.Objective.item<double>() / near.Objective.item<double>(), 1e-6 + (1e-15 * offset));
        }
    }

    [TestMethod]
    [DataRow(1e5)]
    [DataRow(2.5e7)]
    [DataRow(1e9)]
    public void Quadratic_forms_and_ranges_have_the_minima_of_those_of_data_near_zero(double offset)
    {
        using DisposeScope scope = NewDisposeScope();
        (Variable x, Variable z) = (new Variable("x", 2), new Variable("z", 3));
        double[,] form = { { 2, 1.9 }, { 1.9, 2 } }, singular = { { 4, 2, 0 }, { 2, 1, 0 }, { 0, 0, 0 } };

        // At bounds x₀ = −1 the form has its least at x₁ − 1 = 0.95.
        AssertFound(x, [-1, 1.95], 0.195, ConvexProgram.Minimize(QuadraticForm(x - Far([0, 1], offset), form), x <= Far([-1, 2], offset)));
        // The form is (2 z₀ + z₁ − 2)².
        AssertFound(z, [-1, 4 - (0.15 / 1.1), 2], 0.225 / 1.1, ConvexProgram.Minimize(QuadraticForm(z - Far([0, 2, 2], offset), singular) + (0.1 * SumSquares(z.Slice(1, 2) - Far([2.5, 2], offset))), z <= Far([-1, 9, 9], offset)));
        AssertFound(z, [1.5, 1.5, 1.5], 0.15, ConvexProgram.Minimize(Max(z) - Min(z) + (0.3 * SumSquares(z - Far([2, 1, 1.5], offset)))));

        void AssertFound(Variable variable, double[] expected, double objective, ConvexProgram program)
        {
            ProgramSolution solution = Solve(program);
            AssertClose(expected, solution[variable] - offset, 1e-6 + (1e-15 * offset));
            Assert.AreEqual(objective, solution.Objective.item<double>(), 1e-6 + (1e-15 * offset));
        }
    }

    [TestMethod]
    [DataRow(2e4)]
    [DataRow(1e5)]
    [DataRow(1e6)]
    public void Late_jobs_have_the_schedule_of_times_near_zero(double offset)
    {
        using DisposeScope scope = NewDisposeScope();
        var times = new Variable("times", 4);
        double[] due = Far([-0.3, 0.2, -1.1, 0.4], offset);
        Expression cost = SumSquares(Positive(times - due)) + (0.1 * Sum(times - offset));
        ProgramSolution solution = Solve(ConvexProgram.Minimize(cost, times >= offset - 1, times.Slice(1, 3) >= times.Slice(0, 3) + 0.4));

        // Each waits for the one before, and the third is due before it can begin.
        AssertClose([-1, -0.6, -0.2, 0.2], solution[times] - offset, 1e-6);
        Assert.AreEqual(0.81 - 0.16, solution.Objective.item<double>(), 1e-6);
    }

    [TestMethod]
    [DataRow(ConeMethod.InteriorPoint, 2000)]
    [DataRow(ConeMethod.InteriorPoint, 2.46e6)]
    [DataRow(ConeMethod.InteriorPoint, 1.7e9)]
    [DataRow(ConeMethod.OperatorSplitting, 2.46e6)]
    [DataRow(ConeMethod.OperatorSplitting, 1.7e9)]
    public void Regressors_that_are_dates_have_the_slopes_of_days_since_the_first(ConeMethod method, double first)
    {
        using DisposeScope scope = NewDisposeScope();
        double[] days = [.. Enumerable.Range(0, 12).Select(i => (double)i)], signs = [.. Values.Select(value => (double)Math.Sign(value + 0.1))], ones = [.. Values.Select(_ => 1.0)];
        var line = new Variable("line", 2);
        (Parameter date, Parameter value) = (new Parameter("date", 12), new Parameter("value", 12));
        foreach (Func<Expression, Expression> loss in (Func<Expression, Expression>[])[SumSquares, Norm1, Norm2, error => Sum(Huber(error, 0.5)), error => Max(Square(error))])
        {
            AssertSame(dates => loss((line[0] * ones) + (line[1] * dates) - Values));
        }

        AssertSame(dates => Sum(Logistic(-((line[0] * ones) + (line[1] * dates)) * signs)));
        ConvexProgram program = ConvexProgram.Minimize(SumSquares((line[0] * ones) + (line[1] * date) - value));
        Dictionary<Parameter, Tensor> At(double start) => new() { [date] = tensor(Far(days, start)), [value] = tensor(Values) };
        Assert.AreEqual(Slope(program, At(0)), Slope(program, At(first)), 1e-7);

        void AssertSame(Func<Expression, Expression> objective) =>
            Assert.AreEqual(Slope(ConvexProgram.Minimize(objective(days)), []), Slope(ConvexProgram.Minimize(objective(Far(days, first))), []), 1e-6);
        double Slope(ConvexProgram program, Dictionary<Parameter, Tensor> parameters) => program.Solve(parameters, new ConeOptions { Method = method })[line][0, 1].item<double>();
    }

    [TestMethod]
    public void Solutions_far_from_zero_have_the_gradients_of_their_closed_forms()
    {
        using DisposeScope scope = NewDisposeScope();
        var m = new Variable("m");
        var line = new Variable("line", 2);
        (Parameter y, Parameter date) = (new Parameter("y", 12), new Parameter("date", 12));
        Tensor values = tensor(Far(Values, 1e6)).requires_grad_(true);
        ProgramSolution solution = ConvexProgram.Minimize(Max(Square(m - y))).Solve(new Dictionary<Parameter, Tensor> { [y] = values });
        ImplicitBackward.Run(() => (solution[m].sum() + solution.Objective.sum()).backward());
        (int high, int low) = (Array.IndexOf(Values, Values.Max()), Array.IndexOf(Values, Values.Min()));
        double half = (Values[high] - Values[low]) / 2;
        AssertClose([.. Values.Select((_, i) => i == high ? 0.5 + half : i == low ? 0.5 - half : 0)], values.grad!, 1e-5);

        // Slopes are Σ (dᵢ − d̄)(yᵢ − ȳ) / Σ (dᵢ − d̄)².
        Tensor days = tensor(Far([.. Enumerable.Range(0, 12).Select(i => (double)i)], 2.46e6)).requires_grad_(true);
        ProgramSolution fit = ConvexProgram.Minimize(SumSquares((line[0] * new double[12].Select(_ => 1.0).ToArray()) + (line[1] * date) - Values))
            .Solve(new Dictionary<Parameter, Tensor> { [date] = days });
        ImplicitBackward.Run(() => fit[line][0, 1].backward());
        double square = Enumerable.Range(0, 12).Sum(i => (i - 5.5) * (i - 5.5)), slope = Enumerable.Range(0, 12).Sum(i => (i - 5.5) * Values[i]) / square;
        AssertClose([.. Enumerable.Range(0, 12).Select(i => (Values[i] - Values.Average() - (2 * slope * (i - 5.5))) / square)], days.grad!, 1e-7);
    }

    [TestMethod]
    public void A_far_row_is_solved_as_it_is_alone_and_from_its_own_solution_at_once()
    {
        using DisposeScope scope = NewDisposeScope();
        var m = new Variable("m");
        var y = new Parameter("y", 12);
        ConvexProgram program = ConvexProgram.Minimize(Max(Square(m - y)));
        Tensor rows = stack([tensor(Values), tensor(Far(Values, 1e6)), tensor(Far(Others, 1e8))]);
        ProgramSolution batch = program.Solve(new Dictionary<Parameter, Tensor> { [y] = rows });
        for (int row = 0; row < 3; row++)
        {
            Assert.AreEqual(program.Solve(new Dictionary<Parameter, Tensor> { [y] = rows[row] })[m].item<double>(), batch[m][row].item<double>());
        }

        ProgramSolution again = program.Solve(new Dictionary<Parameter, Tensor> { [y] = rows }, warmStart: batch);
        Assert.AreEqual(0, again.Iterations.Sum());
        Assert.IsLessThanOrEqualTo(1e-6, (again[m] - batch[m]).abs().max().item<double>());
    }

    [TestMethod]
    [DataRow(1e6)]
    [DataRow(1e8)]
    public void Splitting_finds_what_is_made_of_differences(double offset)
    {
        using DisposeScope scope = NewDisposeScope();
        var m = new Variable("m");
        ProgramSolution solution = ConvexProgram.Minimize(Max(Square(m - Far(Values, offset)))).Solve(new Dictionary<Parameter, Tensor>(), new ConeOptions { Method = ConeMethod.OperatorSplitting });
        Assert.AreEqual((Values.Max() + Values.Min()) / 2, solution[m].item<double>() - offset, 1e-6);
    }

    private static double[] Far(double[] values, double offset) => [.. values.Select(value => offset + value)];

    private static ProgramSolution Solve(ConvexProgram program)
    {
        ProgramSolution solution = program.Solve(new Dictionary<Parameter, Tensor>(), throwOnFailure: false);
        Assert.AreEqual(SolveStatus.Converged, solution.Status[0], $"{program}: {solution.Describe(0)}");
        return solution;
    }

    private static void AssertClose(double[] expected, Tensor actual, double tolerance)
    {
        double[] values = actual.ReadDoubles();
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], values[i], tolerance, $"{i}");
        }
    }
}
