using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Optimization;

[TestClass]
public sealed class MinimizerTests
{
    private DisposeScope? _scope;

    private static readonly RowObjective Rosenbrock = new((y, _) => (100 * (y[.., 1..] - y[.., ..^1].square()).square() + (1 - y[.., ..^1]).square()).sum(1));

    // Singular at its minimum.
    private static readonly RowObjective Powell = new((y, _) =>
        (y[.., 0] + (10 * y[.., 1])).square() + (5 * (y[.., 2] - y[.., 3]).square()) + (y[.., 1] - (2 * y[.., 2])).pow(4) + (10 * (y[.., 0] - y[.., 3]).pow(4)));

    private static readonly RowObjective Wood = new((y, _) =>
        (100 * (y[.., 1] - y[.., 0].square()).square()) + (1 - y[.., 0]).square() + (90 * (y[.., 3] - y[.., 2].square()).square()) + (1 - y[.., 2]).square()
        + (10.1 * ((y[.., 1] - 1).square() + (y[.., 3] - 1).square())) + (19.8 * (y[.., 1] - 1) * (y[.., 3] - 1)));

    public static IEnumerable<object[]> Methods => [[new NewtonMinimizer()], [new BfgsMinimizer()], [new LbfgsMinimizer()], [new ProjectedGradientMinimizer()]];

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DataRow(1e4)]
    [DataRow(1e10)]
    [DataRow(1e12)]
    public void Unknowns_that_hardly_matter_beside_others_are_found_too(double weight)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (IMinimizer minimizer in new IMinimizer[] { new NewtonMinimizer(), new BfgsMinimizer(), new LbfgsMinimizer() })
        {
            foreach (double start in (double[])[1, 300])
            {
                Tensor initial = full(1, 2, start, ScalarType.Float64);
                MinimizationResult result = minimizer.Minimize(new RowObjective((y, _) => (y.select(1, 0).square() * weight) + (y.select(1, 1) - 5).square()), [], initial);
                Assert.AreEqual(SolveStatus.Converged, result.Statuses[0]);
                Assert.AreEqual(5, result.Solution[0, 1].item<double>(), 1e-5, $"{minimizer.GetType().Name} from {start}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void The_valleys_of_Rosenbrock_and_Wood_are_followed_to_their_ends(IMinimizer minimizer)
    {
        double tolerance = minimizer is ProjectedGradientMinimizer ? 1e-5 : 1e-7;
        AssertReached(minimizer.Minimize(Rosenbrock, [], tensor(new[] { -1.2, 1, 3, -5, 0.9, 0.9 }, [3, 2])), 1, tolerance);
        AssertReached(minimizer.Minimize(Wood, [], tensor(new[] { -3.0, -1, -3, -1 }, [1, 4])), 1, tolerance);
        AssertReached(minimizer.Minimize(Rosenbrock, [], full([1, 10], 0.5, ScalarType.Float64)), 1, tolerance);
    }

    [TestMethod]
    public void A_minimum_with_a_singular_Hessian_is_approached()
    {
        foreach (IMinimizer minimizer in new IMinimizer[] { new NewtonMinimizer(), new BfgsMinimizer(), new LbfgsMinimizer() })
        {
            MinimizationResult result = minimizer.Minimize(Powell, [], tensor(new[] { 3.0, -1, 0, 1 }, [1, 4]));
            Assert.IsTrue(result.Statuses[0] is SolveStatus.Converged or SolveStatus.Singular, $"{minimizer.GetType().Name} ended with {result.Statuses[0]}");
            Assert.IsLessThan(1e-12, result.Values[0], minimizer.GetType().Name);
        }
    }

    [TestMethod]
    [DataRow(1e-9)]
    [DataRow(1e9)]
    public void Newtons_method_takes_the_same_path_in_every_unit(double unit)
    {
        Tensor units = tensor(new[] { unit, 1 / unit });
        Tensor start = tensor(new[] { -1.2, 1 }, [1, 2]);
        MinimizationResult plain = new NewtonMinimizer().Minimize(Rosenbrock, [], start);
        var changed = new RowObjective((y, inputs) => Rosenbrock.Evaluate(y / units, inputs) * unit);
        MinimizationResult result = new NewtonMinimizer().Minimize(changed, [], start * units);
        Assert.AreEqual(plain.Iterations, result.Iterations);
        AssertReached(result with { Solution = result.Solution / units }, 1, 1e-9);
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void The_unit_of_the_objective_and_a_common_one_of_the_unknowns_do_not_matter(IMinimizer minimizer)
    {
        foreach (double unit in new[] { 1e-9, 1e9 })
        {
            var changed = new RowObjective((y, inputs) => Rosenbrock.Evaluate(y / unit, inputs) / unit);
            MinimizationResult result = minimizer.Minimize(changed, [], tensor(new[] { -1.2, 1 }, [1, 2]) * unit);
            AssertReached(result with { Solution = result.Solution / unit }, 1, 1e-5);
        }
    }

    [TestMethod]
    public void Bounds_hold_what_would_leave_them()
    {
        // The nearest point of the box to the target.
        Tensor target = tensor(new[] { -3.0, 0.2, 9, 0.5 }, [2, 2]);
        var distance = new RowObjective((y, inputs) => (y - inputs[0]).square().sum(1));
        var bounds = new Bounds(zeros(2, ScalarType.Float64), tensor(new[] { 1, double.PositiveInfinity }));
        foreach (IMinimizer minimizer in new IMinimizer[] { new NewtonMinimizer(), new ProjectedGradientMinimizer() })
        {
            MinimizationResult result = minimizer.Minimize(distance, [target], full([2, 2], 0.7, ScalarType.Float64), bounds);
            Assert.IsTrue(result.AllConverged);
            Assert.IsTrue(result.Solution.allclose(tensor(new[] { 0, 0.2, 1, 0.5 }, [2, 2]), 0, 1e-9));
        }

        // Rosenbrock's valley cut off at 0.5.
        MinimizationResult cut = new NewtonMinimizer().Minimize(Rosenbrock, [], tensor(new[] { -1.2, 1 }, [1, 2]), new Bounds(Upper: tensor(new[] { 0.5, 10 })));
        Assert.IsTrue(cut.AllConverged);
        Assert.IsTrue(cut.Solution.allclose(tensor(new[] { 0.5, 0.25 }, [1, 2]), 0, 1e-9));
        Assert.Contains("no bounds", Assert.ThrowsExactly<ArgumentException>(() => new BfgsMinimizer().Minimize(distance, [target], target, bounds)).Message);
        Assert.Contains("Lower", Assert.ThrowsExactly<ArgumentException>(() => new NewtonMinimizer().Minimize(distance, [target], target, new Bounds(zeros(3, ScalarType.Float64)))).Message);
    }

    [TestMethod]
    public void Each_row_ends_by_itself_and_as_if_it_were_alone()
    {
        // A bowl, a saddle at its middle, a slope without end, not a number, and a trough.
        Tensor kind = tensor(new double[] { 0, 1, 2, 3, 4 });
        var mixed = new RowObjective((y, inputs) =>
        {
            Tensor a = y[.., 0], b = y[.., 1], k = inputs[0];
            return where(k.eq(0), (a - 1).square() + (b - 2).square(), where(k.eq(1), a.square() - b.square(), where(k.eq(2), a + b, where(k.eq(3), (a - 9).log(), (a - b).square()))));
        });
        Tensor start = tensor(new double[] { 5, 5, 0, 0, 1, 1, 1, 1, 3, 1 }, [5, 2]);
        MinimizationResult result = new NewtonMinimizer().Minimize(mixed, [kind], start);
        Assert.AreEqual(SolveStatus.Converged, result.Statuses[0]);
        Assert.AreEqual(SolveStatus.NonConvex, result.Statuses[1]);
        Assert.AreEqual(SolveStatus.Unbounded, result.Statuses[2]);
        Assert.AreEqual(SolveStatus.Diverged, result.Statuses[3]);
        Assert.IsTrue(result.Statuses[4] is SolveStatus.Singular, result.Statuses[4].ToString());
        MinimizationResult alone = new NewtonMinimizer().Minimize(mixed, [kind[..1]], start[..1]);
        Assert.IsTrue(alone.Solution.equal(result.Solution[..1]).all().item<bool>());
        SolveFailedException exception = Assert.ThrowsExactly<SolveFailedException>(result.ThrowIfFailed);
        Assert.AreEqual(1, exception.Row);
        Assert.AreEqual(SolveStatus.MaximumIterations, new BfgsMinimizer(new MinimizerSettings { MaximumIterations = 3 }).Minimize(Rosenbrock, [], start[..1]).Statuses[0]);
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void What_falls_without_limit_is_unbounded_and_what_approaches_one_is_not(IMinimizer minimizer)
    {
        Tensor start = tensor(new double[] { 1, 2 }, [1, 2]);
        foreach (Func<Tensor, Tensor> fall in new Func<Tensor, Tensor>[] { y => y.sum(1), y => -y.pow(3).sum(1), y => -y.square().square().sum(1), y => -y.square().log().sum(1) })
        {
            Assert.AreEqual(SolveStatus.Unbounded, minimizer.Minimize(new RowObjective((y, _) => fall(y)), [], start).Statuses[0]);
        }

        Assert.AreNotEqual(SolveStatus.Unbounded, minimizer.Minimize(new RowObjective((y, _) => (1 / (1 + y.square())).sum(1)), [], start).Statuses[0]);
        Assert.AreNotEqual(SolveStatus.Unbounded, minimizer.Minimize(new RowObjective((y, _) => ((y / 1e12) - 1).square().sum(1)), [], start * 1e-9).Statuses[0]);
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void Float32_is_minimised_to_its_own_precision_and_a_minimum_is_kept(IMinimizer minimizer)
    {
        var bowl = new RowObjective((y, _) => (y - 3).square().sum(1) + 1);
        Tensor start = tensor(new float[] { 3, 3, 8, -2 }, [2, 2]);
        MinimizationResult result = minimizer.Minimize(bowl, [], start);
        Assert.AreEqual(ScalarType.Float32, result.Solution.dtype);
        AssertReached(result with { Solution = result.Solution.to(ScalarType.Float64) }, 3, 1e-3);
        Assert.AreEqual(3f, result.Solution[0, 0].item<float>());
    }

    [TestMethod]
    public void What_is_no_objective_is_refused()
    {
        Tensor start = ones(3, 2, ScalarType.Float64);
        Assert.Contains("a value a row", Assert.ThrowsExactly<ArgumentException>(() => new NewtonMinimizer().Minimize(new RowObjective((y, _) => y), [], start)).Message);
        Assert.ThrowsExactly<ArgumentException>(() => new NewtonMinimizer().Minimize(Rosenbrock, [], ones(2, 2, ScalarType.Int64)));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new NewtonMinimizer(new MinimizerSettings { Tolerance = 0 }));
        Assert.ThrowsExactly<OperationCanceledException>(() => new NewtonMinimizer().Minimize(Rosenbrock, [], start, null, new CancellationToken(canceled: true)));
    }

    private static void AssertReached(MinimizationResult result, double expected, double tolerance)
    {
        Assert.IsTrue(result.AllConverged, string.Join(", ", result.Statuses));
        double error = (result.Solution - expected).abs().max().item<double>();
        Assert.IsLessThan(tolerance, error);
    }
}
