using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Optimization;
using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Solvers.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation;

/// <summary>The code of docs/curve-fitting.md, and of docs/layers-and-solvers.md about minima.</summary>
[TestClass]
public sealed class CurveExamples
{
    private static readonly double[] Times = [0, 0.5, 1, 1.5, 2, 3, 4, 6];

    [TestMethod]
    public void Each_row_has_a_curve()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(new[] { 0.5, 0.9, 1.4 }.Select(rate => new Decay
        {
            Time = [.. Times.Select(t => (float)t)],
            Signal = [.. Times.Select(t => (float)(2 * Math.Exp(-rate * t) + 0.3 + (0.01 * Math.Sin(9 * t))))],
        }));

        {
            IDataView fitted = ml.Transforms.FitCurve("a * exp(-k * Time) + c", valueColumnName: "Signal", "Time").Fit(data).Transform(data);

            float[][] parameters = [.. fitted.GetColumn<float[]>("Parameters")];
            Assert.AreEqual(0.9f, parameters[1][1], 0.05f);
        }

        {
            var options = new FitCurveOptions
            {
                Expression = "a * exp(-k * t) + c",
                Inputs = ["t"],
                ColumnNames = new Dictionary<string, string> { ["t"] = "Time" },
                ValueColumnName = "Signal",
                LowerBounds = new Dictionary<string, double> { ["k"] = 0 },
                Loss = RobustLoss.Huber(scale: 0.05),
                CovarianceColumnName = "Covariance",
            };
            IDataView fitted = ml.Transforms.FitCurve(options).Fit(data).Transform(data);

            Assert.AreSequenceEqual(["Converged", "Converged", "Converged"], [.. fitted.GetColumn<string>("Status")]);
        }

        {
            var pipeline = ml.Transforms.FitCurve("a * exp(-k * Time) + c", "Signal", "Time")
                .Append(ml.Transforms.Concatenate("Features", "Parameters", "StandardErrors"));
            IDataView features = pipeline.Fit(data).Transform(data);

            Assert.HasCount(6, features.GetColumn<float[]>("Features").First());
        }
    }

    [TestMethod]
    public void Curves_are_fitted_outside_of_pipelines()
    {
        double[] times = Times, first = [.. Times.Select(t => 2 * Math.Exp(-0.7 * t) + 0.1 + (0.01 * Math.Cos(8 * t)))], second = [.. first.Select(value => 2 * value)];

        var fitter = new CurveFitter(Curve.Parse("a * exp(-k * t) + c", inputs: ["t"]));
        CurveEstimate[] fits = fitter.Fit([new CurvePoints([times], first), new CurvePoints([times], second)]);

        Console.WriteLine($"{fits[0].Status}: k = {fits[0].Parameters[1]:F3} ± {fits[0].StandardErrors[1]:F3}");

        Assert.AreEqual(fits[0].Parameters[1], fits[1].Parameters[1], 1e-6);

        Curve curve = Curve.Parse("dose * exp(-k * t) / volume", inputs: ["t", "dose"]);

        Assert.AreSequenceEqual(["k", "volume"], [.. curve.Parameters]);
    }

    [TestMethod]
    public void Fits_are_differentiated()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor times = tensor(Times).unsqueeze(0);
        Tensor values = (2 * (-0.8 * times).exp() + 0.2 + 0.01 * (7 * times).sin()).requires_grad_();

        var layer = new CurveFit(new CurveFitter(Curve.Parse("a * exp(-k * t) + c", inputs: ["t"])));
        Tensor parameters = layer.Solve([times], values).Solution;
        ImplicitBackward.Run(() => parameters.sum().backward());

        Assert.IsTrue(values.grad!.isfinite().all().item<bool>());
    }

    [TestMethod]
    public void Minima_are_differentiated()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor points = tensor(new[] { 0.1, 0.3, 4.0, -1, 0.5, 1 }, [2, 3]).requires_grad_();
        {
            var layer = new ArgMin((y, inputs) => ((inputs[0] - y).square() + 1).sqrt().sum(1));
            MinimizationResult center = layer.Solve(initial: points.mean([1], keepdim: true).detach(), [points]);
            ImplicitBackward.Run(() => center.Solution.sum().backward());

            Assert.AreEqual(1, points.grad!.sum(1)[0].item<double>(), 1e-8);
        }

        Tensor t = tensor(Times).unsqueeze(0), y = (2 * (-0.8 * t).exp() + 0.05 * (7 * t).sin()).requires_grad_();
        {
            var layer = new NonlinearLeastSquares((p, inputs) => p[.., ..1] * (-p[.., 1..] * t).exp() - inputs[0], loss: RobustLoss.Huber(scale: 0.1));
            MinimizationResult fit = layer.Solve(initial: ones(y.shape[0], 2, y.dtype), [y]);
            ImplicitBackward.Run(() => fit.Solution.sum().backward());

            Assert.AreEqual(2, fit.Solution[0, 0].item<double>(), 0.1);
        }

        Tensor x = tensor(new[] { 2.0, 0, 0.1, 0.2 }, [2, 2]).requires_grad_();
        {
            var layer = new ConstrainedArgMin(
                objective: (y, inputs) => (y - inputs[0]).pow(2).sum(1),
                inequalities: (y, inputs) => y.pow(2).sum(1, keepdim: true) - 1);
            ConstrainedResult nearest = layer.Solve(initial: zeros_like(x), [x]);
            ImplicitBackward.Run(() => nearest.Solution.sum().backward());

            Assert.AreEqual(1, nearest.Solution[0, 0].item<double>(), 1e-8);
        }

        IReadOnlyList<Tensor> inputs = [points.detach()];
        Tensor initial = zeros(2, 1, ScalarType.Float64);

        var objective = new RowObjective((y, inputs) => ((inputs[0] - y).square() + 1).sqrt().sum(1));

        {
            MinimizationResult minimum = new NewtonMinimizer().Minimize(objective, inputs, initial);
            Assert.IsTrue(minimum.AllConverged);
        }

        {
            MinimizationResult minimum = new BfgsMinimizer().Minimize(objective, inputs, initial);
            Assert.IsTrue(minimum.AllConverged);
        }

        {
            MinimizationResult minimum = new LbfgsMinimizer().Minimize(objective, inputs, initial);
            Assert.IsTrue(minimum.AllConverged);
        }

        {
            MinimizationResult minimum = new ProjectedGradientMinimizer().Minimize(objective, inputs, initial);
            Assert.IsTrue(minimum.AllConverged);
        }

        MinimizationResult bounded = new NewtonMinimizer().Minimize(objective, inputs, initial, new Bounds(Lower: zeros(1, ScalarType.Float64)));

        Assert.IsTrue(bounded.AllConverged);

        var problem = new ConstrainedProblem(objective, Inequalities: new RowObjective((y, _) => y - 0.1));
        ConstrainedResult nearestMinimum = new SequentialQuadraticMinimizer().Minimize(problem, inputs, initial);

        Assert.IsTrue(nearestMinimum.Minimum.AllConverged);

        Tensor measured = y.detach();
        var residuals = new RowObjective((p, inputs) => p[.., ..1] * (-p[.., 1..] * t).exp() - measured);
        {
            var fit = new NonlinearLeastSquares(residuals, new LevenbergMarquardt());
            Assert.IsTrue(fit.Solve(ones(1, 2, ScalarType.Float64), []).AllConverged);
        }

        {
            var fit = new NonlinearLeastSquares(residuals, new GaussNewton());
            Assert.IsTrue(fit.Solve(ones(1, 2, ScalarType.Float64), []).AllConverged);
        }

        {
            var robust = new NonlinearLeastSquares(residuals, loss: RobustLoss.Cauchy(scale: 0.1));
            Assert.IsTrue(robust.Solve(ones(1, 2, ScalarType.Float64), []).AllConverged);
        }

        {
            ConstrainedResult nearest = new SequentialQuadraticMinimizer().Minimize(problem, inputs, initial);
            Assert.IsTrue(nearest.Minimum.AllConverged);
        }
    }

    private sealed class Decay
    {
        public float[] Time { get; set; } = [];

        public float[] Signal { get; set; } = [];
    }
}
