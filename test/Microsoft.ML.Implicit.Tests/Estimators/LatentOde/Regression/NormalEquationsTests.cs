using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Regression;

[TestClass]
public class NormalEquationsTests
{
    [TestMethod]
    public void The_solution_has_no_slope_of_penalised_squared_errors_and_the_error_is_the_sum_of_squares()
    {
        const double Penalty = 0.3;
        double[] relative = [1, 0.01, 1];
        var random = new Random(1);
        (double[] Row, double Value, double Weight)[] data = [.. Enumerable.Range(0, 40).Select(_ =>
            (new[] { random.NextDouble(), 5 * random.NextDouble(), 0 }, random.NextDouble(), 1 + random.NextDouble()))];
        NormalEquations[] halves = [new(3), new(3)];
        for (int i = 0; i < data.Length; i++)
        {
            halves[i % 2].Add(data[i].Row, data[i].Value, data[i].Weight);
        }

        NormalEquations equations = NormalEquations.Sum(3, halves);
        double[] solution = equations.Solve(Penalty, relative);

        double Residual((double[] Row, double Value, double Weight) entry) => entry.Value - entry.Row.Zip(solution, (x, b) => x * b).Sum();
        for (int i = 0; i < 2; i++)
        {
            double slope = data.Sum(entry => entry.Weight * entry.Row[i] * Residual(entry));
            double penalty = Penalty * relative[i] * solution[i] * data.Sum(entry => entry.Weight * ((entry.Row[i] * entry.Row[i]) + NormalEquations.LeastMeanSquare));
            Assert.AreEqual(penalty, slope, 1e-6);
        }

        Assert.AreEqual(0, solution[2], "A regressor that is always zero says nothing.");
        Assert.AreEqual(data.Sum(entry => entry.Weight * Residual(entry) * Residual(entry)), equations.SquaredError(solution), 1e-9);
    }

    [TestMethod]
    public void A_regressor_that_differs_from_zero_by_rounding_alone_gets_no_large_coefficient()
    {
        var random = new Random(1);
        var equations = new NormalEquations(2);
        for (int i = 0; i < 30; i++)
        {
            equations.Add([random.NextDouble(), 1e-14 * random.NextDouble()], random.NextDouble(), 1);
        }

        Assert.AreEqual(0, equations.Solve(1e-4, [1, 1])[1], 1e-3);
    }
}
