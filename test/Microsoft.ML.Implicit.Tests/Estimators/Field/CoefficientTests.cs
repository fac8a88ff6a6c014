using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.Field;

/// <summary>The parts of the fit of coefficients against closed forms.</summary>
[TestClass]
public sealed class CoefficientTests
{
    [TestMethod]
    [DataRow(FieldSolver.Explicit, 2e-3)]
    [DataRow(FieldSolver.Implicit, 5e-3)]
    public void Derivatives_with_respect_to_weights_are_those_of_the_solution(FieldSolver solver, double tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();

        // e^((a₁ − D k²) t) sin kx, in spacings.
        const double diffusion = 0.25, decay = -0.3;
        GridAxis axis = GridAxis.Periodic(16, 16);
        double k = 2 * Math.PI / 16;
        FieldTerm[] open = [new Diffusion(1, isLearned: true), new Reaction([0, 0], isLearned: true)];
        var flow = new CoefficientFlow(new FieldDynamics(new FieldGrid(axis), DerivativeScheme.Spectral, open), open, solver, default);
        Tensor start = tensor(axis.Positions.Select(x => Math.Sin(k * x)).ToArray()).view(1, 1, 16).repeat(2, 1, 1);
        double[] times = [0.5, 2];
        var sum = new WeightedSum([0, 2], [diffusion, decay]);
        Tensor grown = tensor(times.Select(t => Math.Exp((decay - (diffusion * k * k)) * t)).ToArray()).view(2, 1, 1) * start;
        Assert.IsTrue(flow.Next(start, tensor(times), sum).allclose(grown, 1e-4, 1e-4));
        Tensor found = flow.Derivatives(start, tensor(times), sum, [k * k, 1, 1]);
        Tensor time = tensor(times).view(2, 1, 1);
        Assert.IsLessThan(tolerance, (found - stack([grown * time * (-k * k), grown * time])).abs().max().item<double>());
    }

    [TestMethod]
    public void Terms_leave_in_the_order_of_what_they_explain_and_the_others_are_fitted_anew()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(3);
        Tensor columns = randn([40, 4], ScalarType.Float64, generator: generator);
        Tensor values = columns.mv(tensor(new[] { 2.0, 0.01, 0, -0.5 })) + (1e-3 * randn(40, ScalarType.Float64, generator: generator));
        Tensor inverse = linalg.inv(columns.t().mm(columns));
        var full = new WeightedSum([5, 6, 7, 8], [.. inverse.mv(columns.t().mv(values)).data<double>()]);
        WeightedSum[] path = [.. TermElimination.From(full, [.. inverse.data<double>()], place => place != 5)];
        Assert.AreEqual("5 6 8, 5 8, 5", string.Join(", ", path.Select(sum => string.Join(' ', sum.Places))));
        Tensor left = columns.index_select(1, tensor(new long[] { 0, 3 }));
        double[] expected = [.. linalg.lstsq(left, values.unsqueeze(1)).Solution.data<double>()];
        Assert.AreEqual(expected[0], path[1].Weights[0], 1e-10);
        Assert.AreEqual(expected[1], path[1].Weights[1], 1e-10);
    }
}
