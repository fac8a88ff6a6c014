using Microsoft.ML.Implicit.Solvers.Ode;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode;

[TestClass]
public sealed class RungeKuttaTests
{
    // The literature gives Kværnø's coefficients to fifteen digits.
    private const double Tolerance = 3e-13;

    public static IEnumerable<object[]> Methods =>
    [
        [OdeMethods.Euler, 1], [OdeMethods.Midpoint, 2], [OdeMethods.Heun, 2], [OdeMethods.Bosh3, 3], [OdeMethods.RungeKutta4, 3],
        [OdeMethods.ThreeEighths, 3], [OdeMethods.Dopri5, 4], [OdeMethods.Tsit5, 4], [OdeMethods.Dopri8, 7],
        [OdeMethods.Kvaerno3, 3], [OdeMethods.Kvaerno5, 4],
    ];

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void Rows_of_the_matrix_sum_to_the_nodes(RungeKutta method, int denseOrder)
    {
        Assert.IsLessThanOrEqualTo(method.Order, denseOrder);
        for (int i = 0; i < method.StageCount; i++)
        {
            Assert.AreEqual(method.C[i], method.A[i].Sum(), Tolerance);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void The_solution_meets_every_order_condition_up_to_its_order_and_not_beyond(RungeKutta method, int denseOrder)
    {
        Assert.IsLessThanOrEqualTo(method.Order, denseOrder);
        double[] b = method.A[method.EndStage];
        Assert.IsLessThan(Tolerance, LargestDefect(method, b, method.Order, 1.0));
        Assert.IsGreaterThan(1e-6, LargestDefect(method, b, method.Order + 1, 1.0));
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void The_embedded_solution_meets_every_order_condition_up_to_its_order_and_not_beyond(RungeKutta method, int denseOrder)
    {
        Assert.IsLessThanOrEqualTo(method.Order, denseOrder);
        if (method.EmbeddedOrder > 0)
        {
            double[] b = method.A[method.EndStage];
            double[] embedded = [.. method.ErrorWeights.Select((e, i) => (i < b.Length ? b[i] : 0) - e)];

            // The error estimate of Dopri8 is of order 7, made from embedded solutions of orders 5 and 3.
            int order = method.CorrectionWeights.Length > 0 ? 5 : method.EmbeddedOrder;
            Assert.IsLessThan(Tolerance, LargestDefect(method, embedded, order, 1.0));
            Assert.IsGreaterThan(1e-6, LargestDefect(method, embedded, order + 1, 1.0));
        }
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void The_dense_output_meets_every_order_condition_up_to_its_order_inside_the_step(RungeKutta method, int denseOrder)
    {
        foreach (double theta in new[] { 0.1, 0.5, 0.8, 1.0 })
        {
            double[,] weights = method.DenseWeights([theta], 1.0);
            double[] row = [.. Enumerable.Range(0, method.DenseStages).Select(i => weights[0, i])];
            Assert.IsLessThan(Tolerance * 10, LargestDefect(method, row, denseOrder, theta));
        }
    }

    private static double LargestDefect(RungeKutta method, double[] weights, int order, double theta) =>
        RootedTree.UpToOrder(order).Max(tree =>
        {
            double[] stage = tree.StageWeights(method.A);
            double sum = weights.Select((w, i) => w * stage[i]).Sum();
            return Math.Abs(sum - Math.Pow(theta, tree.Order) / tree.Density);
        });
}
