using Microsoft.ML.Implicit.Layers.Relaxations;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Relaxations;

/// <summary>Entropic transport plans.</summary>
[TestClass]
public sealed class OptimalTransportTests
{
    [TestMethod]
    [DataRow(1.0)]
    [DataRow(0.1)]
    [DataRow(0.01)]
    public void A_plan_has_its_masses_and_the_form_of_the_optimum(double strength)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor costs, Tensor source, Tensor target) = Problem(rows: 3, sources: 6, targets: 5);
        Tensor plan = new OptimalTransport(strength).Plan(costs, source, target);
        Assert.IsLessThan(1e-9, (plan.sum(2) - source).abs().max().item<double>());
        Assert.IsLessThan(1e-12, (plan.sum(1) - target).abs().max().item<double>());

        // log P + C/ε is a sum of a function of the source and one of the target: its double differences vanish.
        Tensor form = plan.log() + (costs / strength);
        Tensor differences = form - form[.., ..1, ..] - form[.., .., ..1] + form[.., ..1, ..1];
        Assert.IsLessThan(1e-6, differences.abs().max().item<double>());
    }

    [TestMethod]
    [DataRow(1e4)]
    [DataRow(1e7)]
    public void A_plan_has_its_masses_however_large_costs_are_beside_the_strength(double scale)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor source = full([1, 2], 0.5, ScalarType.Float64), target = full([1, 3], 1 / 3.0, ScalarType.Float64);
        foreach (double cost in new[] { 0, 0.3 })
        {
            Tensor costs = tensor(new double[,,] { { { 0, 1, 2 }, { 1, cost, 1 } } }) * scale;
            Tensor plan = new OptimalTransport(1).Plan(costs, source, target);
            Assert.IsLessThan(1e-8, (plan.sum(2) - source).abs().max().item<double>());
        }
    }

    [TestMethod]
    public void A_plan_that_rounding_keeps_from_its_masses_is_none()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor costs, Tensor source, Tensor target) = Problem(rows: 2, sources: 6, targets: 5);
        costs = costs * tensor(new[] { 1, 1e14 }, [2, 1, 1]);
        SolveFailedException exception = Assert.ThrowsExactly<SolveFailedException>(() => new OptimalTransport(1).Plan(costs, source, target));
        Assert.AreEqual(1, exception.Row);
        Tensor plan = new OptimalTransport(1, throwOnFailure: false).Plan(costs, source, target);
        Assert.IsLessThan(1e-9, (plan[0].sum(1) - source[0]).abs().max().item<double>());
        Assert.IsTrue(plan[1].isnan().all().item<bool>());
    }

    [TestMethod]
    public void A_small_strength_finds_the_cheapest_assignment()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor points = tensor(new[] { 0.3, 0.9, 0.1, 0.6 }), places = tensor(new[] { 0.0, 1, 0.5, 0.7 });
        Tensor costs = (points.unsqueeze(1) - places).pow(2).unsqueeze(0), masses = full([1, 4], 0.25, ScalarType.Float64);
        Tensor plan = new OptimalTransport(0.002).Plan(costs, masses, masses);
        double expected = (points.sort().Values - places.sort().Values).pow(2).mean().item<double>();
        Assert.AreEqual(expected, (plan * costs).sum().item<double>(), 1e-4);
    }

    [TestMethod]
    public void As_the_strength_falls_plans_come_down_to_the_cost_of_the_linear_program()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor costs, Tensor source, Tensor target) = Problem(rows: 1, sources: 5, targets: 4);
        var plan = new Variable("Plan", 5, 4, Sign.Nonnegative);
        Expression cost = 0.0;
        var constraints = new List<Constraint>();
        for (int i = 0; i < 5; i++)
        {
            Expression leaves = 0.0;
            for (int j = 0; j < 4; j++)
            {
                leaves += plan[i, j];
                cost += costs[0, i, j].item<double>() * plan[i, j];
            }

            constraints.Add(leaves.EqualTo(source[0, i].item<double>()));
        }

        for (int j = 0; j < 4; j++)
        {
            constraints.Add((plan[0, j] + plan[1, j] + plan[2, j] + plan[3, j] + plan[4, j]).EqualTo(target[0, j].item<double>()));
        }

        double least = ConvexProgram.Minimize(cost, [.. constraints]).Solve(new Dictionary<Parameter, Tensor>()).Objective.item<double>();
        double total = source.sum().item<double>(), before = double.PositiveInfinity;
        foreach (double strength in new[] { 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001 })
        {
            double found = (new OptimalTransport(strength).Plan(costs, source, target) * costs).sum().item<double>();

            // What spreading costs is at most the strength times the entropy that there can be.
            Assert.IsInRange(-1e-8, strength * total * Math.Log(20), found - least);
            Assert.IsLessThan(before, found);
            before = found;
        }
    }

    [TestMethod]
    public void Gradients_are_those_of_differences_and_of_many_unrolled_iterations()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor costs, Tensor source, Tensor target) = Problem(rows: 2, sources: 4, targets: 3);
        var layer = new OptimalTransport(0.2);
        RelaxationGradients.AssertMatch(x => layer.Plan(x[0], source, target), 1e-6, costs);
        RelaxationGradients.AssertMatch(x => layer.Plan(costs, x[0].softmax(1), target / target.sum(1, keepdim: true)), 1e-6, source);

        Tensor leaf = costs.clone().requires_grad_(), unrolled = costs.clone().requires_grad_();
        layer.Plan(leaf, source, target).pow(2).sum().backward();
        Tensor f = zeros_like(source), g = zeros_like(target);
        for (int i = 0; i < 2000; i++)
        {
            g = target.log() - (f.unsqueeze(2) - (unrolled / 0.2)).logsumexp(1);
            f = source.log() - (g.unsqueeze(1) - (unrolled / 0.2)).logsumexp(2);
        }

        (f.unsqueeze(2) + g.unsqueeze(1) - (unrolled / 0.2)).exp().pow(2).sum().backward();
        Assert.IsLessThan(1e-7, (leaf.grad! - unrolled.grad!).abs().max().item<double>());
    }

    [TestMethod]
    public void Masses_that_do_not_fit_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor costs, Tensor source, Tensor target) = Problem(rows: 1, sources: 3, targets: 2);
        var layer = new OptimalTransport(1);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => layer.Plan(costs, source, target * 2)).Message, "sums", StringComparison.Ordinal);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => layer.Plan(costs, source * -1, target)).Message, "positive", StringComparison.Ordinal);
        Assert.ThrowsExactly<ArgumentException>(() => layer.Plan(costs, target, source));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new OptimalTransport(0));
    }

    private static (Tensor Costs, Tensor Source, Tensor Target) Problem(int rows, int sources, int targets)
    {
        using var random = new Generator(1);
        Tensor source = rand([rows, sources], ScalarType.Float64, generator: random) + 0.1, target = rand([rows, targets], ScalarType.Float64, generator: random) + 0.1;
        return (rand([rows, sources, targets], ScalarType.Float64, generator: random), source, target * source.sum(1, keepdim: true) / target.sum(1, keepdim: true));
    }
}
