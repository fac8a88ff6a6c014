using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Optimization;
using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Optimization;

[TestClass]
public sealed class ArgMinTests
{
    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    public void Bounds_that_cross_are_refused()
    {
        var layer = new ArgMin((y, inputs) => (y - inputs[0]).square().sum(1));
        Tensor x = ones(1, 1, ScalarType.Float64);
        Assert.Contains("above", Assert.ThrowsExactly<ArgumentException>(() => layer.Solve(x, [x], new Bounds(Lower: x * 2, Upper: x))).Message);
    }

    [TestMethod]
    public void A_minimum_that_is_one_of_many_has_no_derivative_whatever_found_it()
    {
        foreach (IMinimizer minimizer in new IMinimizer[] { new BfgsMinimizer(), new LbfgsMinimizer(), new ProjectedGradientMinimizer() })
        {
            Tensor x = full([1, 1], 2, ScalarType.Float64).requires_grad_();
            Tensor y = new ArgMin((z, inputs) => (z.sum(1, true) - inputs[0]).square().sum(1), minimizer).Solve(zeros(1, 2, ScalarType.Float64), [x]).Solution;
            Assert.AreEqual(2, y.sum().item<double>(), 1e-6);
            Assert.ThrowsExactly<SolveFailedException>(() => ImplicitBackward.Run(() => y.sum().backward()));
        }
    }

    [TestMethod]
    public void A_row_that_failed_adds_nothing_to_the_gradients_of_others()
    {
        Tensor x = tensor(new[] { 2.0, -1 }).unsqueeze(1), a = ones(1, ScalarType.Float64).requires_grad_();
        MinimizationResult result = new ArgMin((y, i) => ((y.exp() * i[1]) - (i[0] * y)).sum(1), throwOnFailure: false).Solve(zeros_like(x), [x, a]);
        Assert.AreNotEqual(SolveStatus.Converged, result.Statuses[1]);
        ImplicitBackward.Run(() => result.Solution[0].sum().backward());
        Assert.AreEqual(-1, a.grad!.item<double>(), 1e-9);
    }

    [TestMethod]
    public void Projected_gradients_of_single_precision_do_not_stop_in_a_valley()
    {
        var objective = new RowObjective((y, _) => (1 - y.select(1, 0)).square() + (100 * (y.select(1, 1) - y.select(1, 0).square()).square()));
        MinimizationResult result = new ProjectedGradientMinimizer().Minimize(objective, [], tensor(new[,] { { -1.2f, 1f } }));
        Assert.AreEqual(SolveStatus.Converged, result.Statuses[0]);
        Assert.IsTrue(result.Solution.allclose(ones(1, 2), 0, 5e-3));
    }

    [TestMethod]
    public void Curve_fits_and_their_gradients_match_the_reference_whoever_finds_them()
    {
        Golden golden = Golden.Load("argmin_curve");
        Tensor t = golden["t"].unsqueeze(0);
        Tensor Residuals(Tensor p, IReadOnlyList<Tensor> inputs) => (p[.., 0..1] * (-p[.., 1..2] * t).exp()) + p[.., 2..3] - inputs[0];
        Tensor Objective(Tensor p, IReadOnlyList<Tensor> inputs) => 0.5 * Residuals(p, inputs).square().sum(1);
        var curve = new CurveFitter(Curve.Parse("a * exp(-k * t) + d", "t"));
        Func<Tensor, Tensor>[] layers =
        [
            y => new NonlinearLeastSquares(Residuals).Solve(golden["start"], [y]).Solution,
            y => new NonlinearLeastSquares(Residuals, new GaussNewton()).Solve(golden["start"], [y]).Solution,
            y => new ArgMin(Objective).Solve(golden["start"], [y]).Solution,
            y => new ArgMin(Objective, new BfgsMinimizer()).Solve(golden["start"], [y]).Solution,
            y => new ArgMin(Objective, new LbfgsMinimizer()).Solve(golden["start"], [y]).Solution,
            y => new CurveFit(curve).Solve([t], y).Solution,
        ];
        foreach (Func<Tensor, Tensor> layer in layers)
        {
            Tensor y = golden["y"].requires_grad_();
            Tensor fit = layer(y);
            golden.AssertMatches("fit", fit, 1e-8);
            ImplicitBackward.Run(() => fit.matmul(golden["c"]).sum().backward());
            golden.AssertMatches("grad_y", y.grad!, 1e-8);
        }
    }

    [TestMethod]
    [DataRow("Huber")]
    [DataRow("Cauchy")]
    [DataRow("Tukey")]
    [DataRow("Welsch")]
    [DataRow("GemanMcClure")]
    public void Gradients_of_robust_fits_are_those_of_differences(string name)
    {
        RobustLoss loss = RobustLoss.Parse(name, name == "Tukey" ? 0.5 : 0.15);
        double[] times = [.. Enumerable.Range(0, 12).Select(i => 0.3 * i)];
        Tensor t = tensor(times).unsqueeze(0);
        Tensor y = ((2 * (-0.9 * t).exp()) + (0.1 * (5 * t).sin())).clone();
        y[0, 5] += 1.5;
        var layer = new NonlinearLeastSquares((p, inputs) => (p[.., ..1] * (-p[.., 1..] * t).exp()) - inputs[0], loss: loss);
        Tensor Solve(Tensor values) => layer.Solve(tensor(new[] { 2.0, 0.9 }, [1, 2]), [values]).Solution;
        AssertGradient(Solve, y, 2e-6);

        // The same optimum found by the fit of a curve.
        var fitter = new CurveFitter(Curve.Parse("a * exp(-k * t)", "t"), new CurveFitOptions { Loss = loss, StartingValues = new Dictionary<string, double> { ["a"] = 2, ["k"] = 0.9 } });
        Assert.IsTrue(new CurveFit(fitter).Solve([t], y).Solution.allclose(Solve(y), 1e-7, 0));
    }

    [TestMethod]
    public void Gradients_through_a_fit_reach_times_and_weights_and_pass_by_missing_points()
    {
        Tensor t = tensor(new[] { 0, 0.5, 1, 1.7, 2.4, 3 }).unsqueeze(0);
        Tensor y = (2 * (-0.9 * t).exp()) + tensor(new[] { 0.1, -0.05, 0.08, 0.02, -0.1, 0.06 });
        Tensor w = tensor(new[] { 1.0, 2, 0.5, 1, 3, 1 }).unsqueeze(0);
        var layer = new CurveFit(new CurveFitter(Curve.Parse("a * exp(-k * t)", "t"), new CurveFitOptions { Search = new() { Tolerance = 1e-13 } }));
        AssertGradient(times => layer.Solve([times], y, w).Solution, t, 1e-6);
        AssertGradient(values => layer.Solve([t], values, w).Solution, y, 1e-6);
        AssertGradient(weights => layer.Solve([t], y, weights).Solution, w, 1e-6);

        var stretched = new CurveFit(new CurveFitter(Curve.Parse("a * exp(-(t / tau)^b)", "t"), new CurveFitOptions { Search = new() { Tolerance = 1e-13 } }));
        AssertGradient(values => stretched.Solve([t], values, w).Solution, y, 1e-5);

        Tensor gap = y.clone();
        gap[0, 2] = double.NaN;
        gap.requires_grad_();
        ImplicitBackward.Run(() => layer.Solve([t], gap, w).Solution.sum().backward());
        Assert.AreEqual(0, gap.grad![0, 2].item<double>());
        Assert.IsTrue(gap.grad.isfinite().all().item<bool>());
    }

    [TestMethod]
    public void Second_derivatives_of_a_minimum_are_right()
    {
        // argmin exp(y) − x y = log x.
        Tensor x = tensor(new[] { 0.5, 1.0, 4.0 }).unsqueeze(1).requires_grad_();
        Tensor y = new ArgMin((z, inputs) => (z.exp() - (inputs[0] * z)).sum(1)).Solve(zeros_like(x).detach(), [x]).Solution;
        Assert.IsTrue(y.allclose(x.log(), 1e-10, 1e-12));
        Tensor first = x, second = x;
        ImplicitBackward.Run(() => first = autograd.grad([y.sum()], [x], create_graph: true, retain_graph: true)[0]);
        ImplicitBackward.Run(() => second = autograd.grad([first.sum()], [x])[0]);
        Assert.IsTrue(first.allclose(x.pow(-1), 1e-9, 0));
        Assert.IsTrue(second.allclose(-x.pow(-2), 1e-8, 0));
    }

    [TestMethod]
    public void What_a_bound_holds_moves_with_the_bound_alone()
    {
        Tensor x = tensor(new[] { -1.0, 0.4, 3.0 }).unsqueeze(1).requires_grad_();
        Tensor upper = tensor(new[] { 2.0 }).requires_grad_();
        Tensor y = new ArgMin((z, inputs) => (z - inputs[0]).square().sum(1)).Solve(full([3, 1], 0.5, ScalarType.Float64), [x], new Bounds(zeros(1, ScalarType.Float64), upper)).Solution;
        Assert.IsTrue(y.allclose(tensor(new[] { 0, 0.4, 2 }).unsqueeze(1), 0, 1e-10));
        ImplicitBackward.Run(() => y.sum().backward());
        Assert.IsTrue(x.grad!.allclose(tensor(new[] { 0.0, 1, 0 }).unsqueeze(1), 0, 1e-10));
        Assert.AreEqual(1, upper.grad![0].item<double>(), 1e-10);
    }

    [TestMethod]
    public void Robust_pooling_has_the_gradient_of_differences()
    {
        Tensor points = tensor(new[] { 0.1, 0.4, 0.35, 5.0, 0.2, -0.3, 0.9, 0.1 }, [2, 4]);
        foreach (RobustLoss loss in new[] { RobustLoss.Huber(0.3), RobustLoss.Welsch(1), RobustLoss.GemanMcClure(1) })
        {
            var layer = new ArgMin((y, inputs) => loss.Evaluate(inputs[0] - y).sum(1));
            AssertGradient(x => layer.Solve(full([2, 1], 0.25, ScalarType.Float64), [x]).Solution, points, 1e-6);
        }
    }

    [TestMethod]
    public void A_row_that_fails_is_an_error_or_a_status()
    {
        Tensor x = tensor(new[] { 1.0, -1.0 }).unsqueeze(1);
        Tensor Objective(Tensor z, IReadOnlyList<Tensor> inputs) => (inputs[0] * z.square()).sum(1);
        SolveFailedException exception = Assert.ThrowsExactly<SolveFailedException>(() => new ArgMin(Objective).Solve(ones_like(x), [x]));
        Assert.AreEqual(1, exception.Row);
        MinimizationResult result = new ArgMin(Objective, throwOnFailure: false).Solve(ones_like(x), [x]);
        Assert.AreEqual(SolveStatus.Converged, result.Statuses[0]);
        Assert.AreNotEqual(SolveStatus.Converged, result.Statuses[1]);
        var fitter = new CurveFitter(Curve.Parse("a * exp(-k * t)", "t"));
        Tensor t = tensor(new[] { 0.0, 1, 2 }).unsqueeze(0), y = stack([2 * (-t[0]).exp(), full(3, double.NaN, ScalarType.Float64)], 0);
        Assert.AreEqual(1, Assert.ThrowsExactly<SolveFailedException>(() => new CurveFit(fitter).Solve([t], y)).Row);
        Tensor fit = new CurveFit(fitter, throwOnFailure: false).Solve([t], y).Solution;
        Assert.IsTrue(fit[1].isnan().all().item<bool>());
        Assert.AreEqual(2, fit[0, 0].item<double>(), 1e-9);
        Assert.ThrowsExactly<ArgumentException>(() => new CurveFit(fitter).Solve([t[.., ..2]], y));
    }

    private static void AssertGradient(Func<Tensor, Tensor> solve, Tensor at, double tolerance)
    {
        Tensor x = at.detach().clone().requires_grad_();
        ImplicitBackward.Run(() => solve(x).sum().backward());
        const double step = 1e-5;
        for (long i = 0; i < at.numel(); i++)
        {
            Tensor forward = at.detach().clone(), backward = at.detach().clone();
            forward.view(-1)[i] += step;
            backward.view(-1)[i] -= step;
            double expected = ((solve(forward).sum() - solve(backward).sum()) / (2 * step)).item<double>();
            Assert.AreEqual(expected, x.grad!.view(-1)[i].item<double>(), tolerance * (1 + Math.Abs(expected)), $"entry {i}");
        }
    }
}
