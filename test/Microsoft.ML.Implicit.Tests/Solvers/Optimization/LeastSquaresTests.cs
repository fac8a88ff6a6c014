using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Optimization;
using Microsoft.ML.Implicit.Tests.Modelling.Curves;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Optimization;

[TestClass]
public sealed class LeastSquaresTests
{
    public static IEnumerable<object[]> Methods => [[new LevenbergMarquardt()], [new GaussNewton()]];

    public static IEnumerable<object[]> Losses =>
        [[RobustLoss.Squares], [RobustLoss.Huber(0.7)], [RobustLoss.Cauchy(0.7)], [RobustLoss.Tukey(2)], [RobustLoss.Welsch(0.7)], [RobustLoss.GemanMcClure(0.7)]];

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void Residuals_of_tensors_have_the_certified_digits(ILeastSquaresMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (string name in new[] { "Misra1a", "Rat43", "Thurber" })
        {
            CertifiedRegression regression = CertifiedRegression.Of(name);
            Curve curve = Curve.Parse(regression.Expression, "x");
            Tensor x = tensor(regression.X).unsqueeze(0), y = tensor(regression.Y).unsqueeze(0);
            int[] order = [.. curve.Parameters.Select(parameter => int.Parse(parameter.AsSpan(1)) - 1)];
            Tensor start = tensor(order.Select(i => regression.Starts[^1][i]).ToArray()).unsqueeze(0);
            MinimizationResult result = method.Minimize(new RowObjective((p, _) => curve.Evaluate([x], p) - y), [], start);
            Assert.AreEqual(SolveStatus.Converged, result.Statuses[0], name);
            Assert.AreEqual(regression.SumOfSquares, 2 * result.Values[0], 1e-9 * regression.SumOfSquares, name);
            for (int i = 0; i < order.Length; i++)
            {
                double expected = regression.Parameters[order[i]];
                Assert.AreEqual(expected, result.Solution[0, i].item<double>(), 1e-7 * Math.Abs(expected), name);
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Losses))]
    public void Losses_of_numbers_and_of_tensors_agree_with_their_derivatives(RobustLoss loss)
    {
        using DisposeScope scope = NewDisposeScope();
        double[] residuals = [-3.1, -0.9, -0.2, 0, 0.3, 0.69, 1.2, 2.5];
        Tensor r = tensor(residuals).requires_grad_();
        Tensor values = loss.Evaluate(r);
        Tensor slopes = autograd.grad([values.sum()], [r], create_graph: true, retain_graph: true)[0];
        Tensor curvatures = autograd.grad([slopes.sum()], [r])[0];
        for (int i = 0; i < residuals.Length; i++)
        {
            Assert.AreEqual(values[i].item<double>(), loss.Value(residuals[i]), 1e-14);
            Assert.AreEqual(slopes[i].item<double>(), loss.Weight(residuals[i]) * residuals[i], 1e-14);
            Assert.AreEqual(curvatures[i].item<double>(), loss.Curvature(residuals[i]), 1e-13, $"{loss.Name} at {residuals[i]}");
        }
    }

    [TestMethod]
    public void Rows_end_by_themselves_within_bounds_and_in_their_own_units()
    {
        using DisposeScope scope = NewDisposeScope();
        double[] times = [0, 1, 2, 3, 4, 5];
        Tensor t = tensor(times).unsqueeze(0), units = tensor(new[] { 1, 1e-9, 1e9, double.NaN }).unsqueeze(1);
        Tensor y = (3 * (-0.5 * t).exp()) * units;
        var residuals = new RowObjective((p, inputs) => p[.., ..1] * (-p[.., 1..] * t).exp() - inputs[0]);
        Tensor start = cat([units * 2, ones_like(units)], 1);
        MinimizationResult result = new LevenbergMarquardt().Minimize(residuals, [y], start);
        CollectionAssert.AreEqual(new[] { SolveStatus.Converged, SolveStatus.Converged, SolveStatus.Converged, SolveStatus.Diverged }, result.Statuses.ToArray());
        Assert.IsTrue((result.Solution[..3, ..1] / units[..3]).allclose(full(3, 1, 3.0, ScalarType.Float64), 1e-10, 0));
        Assert.IsTrue(result.Solution[..3, 1..].allclose(full(3, 1, 0.5, ScalarType.Float64), 1e-10, 0));
        MinimizationResult bounded = new LevenbergMarquardt().Minimize(residuals, [y[..1]], start[..1], bounds: new Bounds(Lower: tensor(new[] { double.NegativeInfinity, 0.8 })));
        Assert.AreEqual(SolveStatus.Converged, bounded.Statuses[0]);
        Assert.AreEqual(0.8, bounded.Solution[0, 1].item<double>());
        Tensor decay = (-0.8 * t).exp();
        Assert.AreEqual(((decay * y[..1]).sum() / decay.square().sum()).item<double>(), bounded.Solution[0, 0].item<double>(), 1e-9);
    }
}
