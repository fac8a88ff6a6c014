using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Tests.Layers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Fields;

/// <summary>Equations with known solutions, by explicit and implicit methods.</summary>
[TestClass]
public sealed class FieldDynamicsTests
{
    private static readonly OdeOptions Tight = new() { Method = OdeMethods.Dopri8, StepControl = new PiStepControl { RelativeTolerance = 1e-11, AbsoluteTolerance = 1e-11 } };

    private static readonly OdeOptions TightImplicit = new() { Method = OdeMethods.Kvaerno5, StepControl = new PiStepControl { RelativeTolerance = 1e-9, AbsoluteTolerance = 1e-9 } };

    [TestMethod]
    [DataRow(2)]
    [DataRow(4)]
    public void The_error_of_moving_and_spreading_heat_falls_with_the_order_of_the_differences(int order)
    {
        using DisposeScope scope = NewDisposeScope();
        double coarse = Error(24), fine = Error(48);
        Assert.AreEqual(order, Math.Log2(coarse / fine), 0.15, $"{coarse:E2}, {fine:E2}");

        double Error(int points)
        {
            const double speed = 0.7, diffusion = 0.02, time = 0.5;
            GridAxis axis = GridAxis.Periodic(points, 1);
            var dynamics = new FieldDynamics(new FieldGrid(axis), Scheme(order), new Advection([speed]), new Diffusion(diffusion));
            double k = 2 * Math.PI;
            double[] start = [.. axis.Positions.Select(x => Math.Sin(k * x))];
            double[] end = [.. axis.Positions.Select(x => Math.Exp(-diffusion * k * k * time) * Math.Sin(k * (x - (speed * time))))];
            return MaximumError(dynamics, start, end, time, Tight);
        }
    }

    [TestMethod]
    [DataRow(2, false, false)]
    [DataRow(2, true, false)]
    [DataRow(2, true, true)]
    [DataRow(4, false, false)]
    [DataRow(4, true, false)]
    [DataRow(4, true, true)]
    public void The_error_of_heat_between_boundaries_falls_with_the_order_of_the_differences(int order, bool lowerSlope, bool upperSlope)
    {
        using DisposeScope scope = NewDisposeScope();
        double coarse = Error(16), fine = Error(32);
        Assert.IsGreaterThan(order - 0.25, Math.Log2(coarse / fine), $"{coarse:E2}, {fine:E2}");

        double Error(int points)
        {
            const double diffusion = 0.1, time = 0.4;

            // Conditions that do not change with time hold for a steady part and waves with knots there.
            double q = (lowerSlope, upperSlope) switch { (false, false) or (true, true) => Math.PI * 2, _ => Math.PI * 1.5 };
            Func<double, double> wave = lowerSlope ? x => Math.Cos(q * x) : x => Math.Sin(q * x);
            Func<double, double> steady = x => 1 + (0.5 * x);
            BoundaryCondition Condition(bool isSlope, double x) => isSlope ? BoundaryCondition.Neumann(0.5) : BoundaryCondition.Dirichlet(steady(x));
            GridAxis axis = GridAxis.Bounded(points, 1, Condition(lowerSlope, 0), Condition(upperSlope, 1));
            var dynamics = new FieldDynamics(new FieldGrid(axis), Scheme(order), new Diffusion(diffusion));
            double[] start = [.. axis.Positions.Select(x => steady(x) + wave(x))];
            double[] end = [.. axis.Positions.Select(x => steady(x) + (Math.Exp(-diffusion * q * q * time) * wave(x)))];
            return MaximumError(dynamics, start, end, time, Tight);
        }
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(4)]
    public void The_error_of_heat_that_moves_on_a_rectangle_falls_with_the_order_of_the_differences(int order)
    {
        using DisposeScope scope = NewDisposeScope();
        double coarse = Error(12), fine = Error(24);
        Assert.IsGreaterThan(order - 0.25, Math.Log2(coarse / fine), $"{coarse:E2}, {fine:E2}");

        double Error(int points)
        {
            const double diffusion = 0.05, speed = 0.4, time = 0.3;
            GridAxis between = GridAxis.Bounded(points, 1, BoundaryCondition.Neumann(), BoundaryCondition.Dirichlet()), around = GridAxis.Periodic(points, 1.5);
            var dynamics = new FieldDynamics(new FieldGrid(between, around), Scheme(order), new Diffusion(diffusion), new Advection([0, speed]));
            double a = 1.5 * Math.PI, b = 2 * Math.PI / 1.5;
            double[] Field(double t) => [.. between.Positions.SelectMany(y => around.Positions.Select(x => Math.Exp(-diffusion * ((a * a) + (b * b)) * t) * Math.Cos(a * y) * Math.Sin(b * (x - (speed * t)))))];
            return MaximumError(dynamics, Field(0), Field(time), time, Tight);
        }
    }

    [TestMethod]
    public void Heat_on_a_rectangle_spreads_along_both_axes_at_their_own_lengths()
    {
        using DisposeScope scope = NewDisposeScope();
        GridAxis vertical = GridAxis.Bounded(10, 2, BoundaryCondition.Dirichlet(), BoundaryCondition.Dirichlet());
        GridAxis horizontal = GridAxis.Periodic(12, 3);
        var dynamics = new FieldDynamics(new FieldGrid(vertical, horizontal), DerivativeScheme.Spectral, new Diffusion(0.2), new Advection([0, 1.5]));
        double a = Math.PI / 2, b = 2 * Math.PI / 3, time = 0.6;
        double[] start = [.. vertical.Positions.SelectMany(y => horizontal.Positions.Select(x => Math.Sin(a * y) * Math.Cos(b * x)))];
        double[] end = [.. vertical.Positions.SelectMany(y => horizontal.Positions.Select(x => Math.Exp(-0.2 * ((a * a) + (b * b)) * time) * Math.Sin(a * y) * Math.Cos(b * (x - (1.5 * time)))))];
        Assert.IsLessThan(1e-8, MaximumError(dynamics, start, end, time, Tight));
    }

    [TestMethod]
    public void Burgers_equation_matches_the_solution_of_Cole_and_Hopf()
    {
        using DisposeScope scope = NewDisposeScope();
        const double viscosity = 0.1, time = 0.8;
        GridAxis axis = GridAxis.Periodic(64, 2 * Math.PI);
        var dynamics = new FieldDynamics(new FieldGrid(axis), DerivativeScheme.Spectral, new Convection(), new Diffusion(viscosity));

        // u = -2ν φₓ/φ with φₜ = ν φₓₓ: φ = 2 + e^(-νt) cos x.
        double[] Exact(double t) => [.. axis.Positions.Select(x => 2 * viscosity * Math.Exp(-viscosity * t) * Math.Sin(x) / (2 + (Math.Exp(-viscosity * t) * Math.Cos(x))))];
        Assert.IsLessThan(1e-9, MaximumError(dynamics, Exact(0), Exact(time), time, Tight));
    }

    [TestMethod]
    public void A_field_counted_from_another_zero_is_carried_alike()
    {
        using DisposeScope scope = NewDisposeScope();
        var grid = new FieldGrid(GridAxis.Periodic(16, 1));
        Tensor field = randn([2, 1, 16], ScalarType.Float64, generator: new Generator(1));
        var plain = new FieldDynamics(grid, DerivativeScheme.SecondOrder, new Convection(0.5));
        var shifted = new FieldDynamics(grid, DerivativeScheme.SecondOrder, new Convection(0.5, offset: 7));
        Assert.IsTrue(plain.Evaluate(0, field).allclose(shifted.Evaluate(0, field - 7), 1e-10, 1e-10));
    }

    [TestMethod]
    public void A_reaction_is_its_polynomial_learned_or_not()
    {
        using DisposeScope scope = NewDisposeScope();
        var grid = new FieldGrid(GridAxis.Periodic(5, 1));
        Tensor field = randn([2, 3, 5], generator: new Generator(1));
        foreach (bool isLearned in (bool[])[false, true])
        {
            var dynamics = new FieldDynamics(grid, DerivativeScheme.SecondOrder, new Reaction([0.5, -1, 2], isLearned));
            Assert.IsTrue(dynamics.Evaluate(0, field).allclose((2 * field * field) - field + 0.5, 1e-5, 1e-5));
            Assert.HasCount(isLearned ? 1 : 0, dynamics.Parameters);
        }
    }

    public static IEnumerable<object[]> Grids =>
    [
        [new FieldGrid(GridAxis.Periodic(90, 90)), DerivativeScheme.FourthOrder],
        [new FieldGrid(GridAxis.Bounded(40, 40, BoundaryCondition.Dirichlet(1), BoundaryCondition.Neumann(0.5))), DerivativeScheme.FourthOrder],
        [new FieldGrid(GridAxis.Periodic(8, 8), GridAxis.Bounded(12, 12, BoundaryCondition.Neumann(), BoundaryCondition.Dirichlet())), DerivativeScheme.SecondOrder],
        [new FieldGrid(GridAxis.Periodic(24, 24)), DerivativeScheme.Spectral],
    ];

    [TestMethod]
    [DynamicData(nameof(Grids))]
    public void Implicit_steps_with_the_sparse_Jacobian_find_what_explicit_steps_do_with_the_same_gradients(FieldGrid grid, DerivativeScheme scheme)
    {
        using DisposeScope scope = NewDisposeScope();
        var closure = new LocalClosure(1, grid.Axes.Count, 2, 4, new Generator(1));
        Fill(closure);
        var dynamics = new FieldDynamics(grid, scheme, new Diffusion(0.8, isLearned: true), new Reaction([0, 1, -1], isLearned: true), closure);
        dynamics.to(ScalarType.Float64);
        Tensor start = rand([2, 1, .. grid.Axes.Select(axis => (long)axis.Points)], ScalarType.Float64, generator: new Generator(2));
        using OdeSolution explicitly = OdeSolver.Solve(dynamics, start, [0, 0.4], Tight, differentiable: true);
        using OdeSolution implicitly = OdeSolver.Solve(dynamics, start, [0, 0.4], TightImplicit, differentiable: true);
        Assert.IsTrue(implicitly.States.allclose(explicitly.States, 1e-6, 1e-6), "states");
        Tensor cotangents = randn_like(explicitly.States);
        using OdeGradients expected = explicitly.Backward(cotangents), actual = implicitly.Backward(cotangents);
        Assert.IsTrue(actual.InitialState.allclose(expected.InitialState, 1e-5, 1e-6), "gradients of the start");
        Assert.IsTrue(actual.Parameters.allclose(expected.Parameters, 1e-5, 1e-6), "gradients of the parameters");
    }

    [TestMethod]
    public void A_stiff_field_takes_few_steps_and_evaluations_whatever_the_number_of_points()
    {
        using DisposeScope scope = NewDisposeScope();
        int[] points = [128, 512];
        (int Steps, int Evaluations)[] costs = [.. points.Select(Cost)];
        Assert.IsLessThan(60, costs[1].Steps);
        Assert.IsLessThan(1.5 * costs[0].Evaluations, costs[1].Evaluations);

        (int Steps, int Evaluations) Cost(int count)
        {
            GridAxis axis = GridAxis.Periodic(count, 1);
            var dynamics = new FieldDynamics(new FieldGrid(axis), DerivativeScheme.SecondOrder, new Diffusion(1), new Reaction([0, 1, -1]));
            Tensor start = tensor(axis.Positions.Select(x => 0.5 + (0.3 * Math.Sin(2 * Math.PI * x))).ToArray()).view(1, 1, -1);
            using OdeSolution solution = OdeSolver.Solve(dynamics, start, [0, 1], new OdeOptions { Method = OdeMethods.Kvaerno3, StepControl = new PiStepControl { RelativeTolerance = 1e-5, AbsoluteTolerance = 1e-5 } });
            Assert.IsTrue(solution.Converged);
            return (solution.Statistics.AcceptedSteps, solution.Statistics.Evaluations);
        }
    }

    [TestMethod]
    public void The_sparsity_holds_every_element_of_the_Jacobian()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (object[] grid in Grids.Take(3))
        {
            var dynamics = new FieldDynamics((FieldGrid)grid[0], (DerivativeScheme)grid[1], new Crossed(), new Diffusion(1));
            Tensor state = randn([1, 2, .. ((FieldGrid)grid[0]).Axes.Select(axis => (long)axis.Points)], ScalarType.Float64, generator: new Generator(1));
            Implicit.LinearAlgebra.SparsityPattern pattern = dynamics.Sparsity(state)!;
            using OdeLinearization linearization = dynamics.Linearize(0, state);
            for (int row = 0; row < pattern.Width; row += 7)
            {
                Tensor unit = zeros_like(state);
                unit.view(-1)[row] = 1;
                Tensor elements = linearization.Pullback(unit, null).view(-1);
                int[] found = [.. Enumerable.Range(0, pattern.Width).Where(column => elements[column].item<double>() != 0)];
                Assert.IsTrue(found.All(pattern.Columns(row).ToArray().Contains), $"{dynamics}, row {row}");
            }

            Assert.AreSame(pattern, dynamics.Sparsity(state));
        }
    }

    [TestMethod]
    public void Gradients_of_all_terms_match_differences()
    {
        using DisposeScope scope = NewDisposeScope();
        var closure = new LocalClosure(1, 1, 2, 3, new Generator(1));
        Fill(closure);
        var dynamics = new FieldDynamics(
            new FieldGrid(GridAxis.Bounded(9, 9, BoundaryCondition.Dirichlet(1), BoundaryCondition.Neumann(-1))),
            DerivativeScheme.FourthOrder,
            new Diffusion(0.3, isLearned: true), new Advection([0.2], isLearned: true), new Convection(0.4, isLearned: true), new Reaction([0.1, 0.2, -0.3], isLearned: true), closure);
        dynamics.to(ScalarType.Float64);
        var layer = new NeuralOde(dynamics, new OdeOptions { Method = OdeMethods.RungeKutta4, StepControl = new FixedStepControl(0.25) });
        Tensor start = randn([2, 1, 9], ScalarType.Float64, generator: new Generator(2)).requires_grad_();
        Tensor times = tensor(new[] { 0.0, 0.5 });
        ImplicitBackward.Run(() => Loss().backward());
        foreach (Tensor variable in (Tensor[])[start, .. dynamics.parameters()])
        {
            Assert.IsTrue(variable.grad!.allclose(FiniteDifferences.Gradient(variable.detach(), () => Loss().item<double>()), 1e-6, 1e-7));
        }

        Tensor Loss() => layer.forward(start, times)[1].sin().sum();
    }

    [TestMethod]
    public void Learned_coefficients_keep_their_kind_and_fixed_ones_have_no_parameter()
    {
        using var diffusion = new Diffusion(0.1, isLearned: true);
        diffusion.SetWeights([-3]);
        Assert.IsGreaterThan(0, diffusion.Coefficient);
        using var fixedDiffusion = new Diffusion(0.1);
        Assert.AreEqual(0.1, fixedDiffusion.Coefficient);
        Assert.IsFalse(fixedDiffusion.parameters().Any());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new Diffusion(-1));
        Assert.ThrowsExactly<ArgumentException>(() => new Advection([]));
        Assert.ThrowsExactly<ArgumentException>(() => new Reaction([double.NaN]));
    }

    [TestMethod]
    public void A_state_of_another_grid_is_refused_by_its_shape()
    {
        using DisposeScope scope = NewDisposeScope();
        var dynamics = new FieldDynamics(new FieldGrid(GridAxis.Periodic(8, 1)), DerivativeScheme.SecondOrder, new Advection([1.0]));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => dynamics.Evaluate(0, ones(2, 1, 9))).Message, "[batch, components, 8]", StringComparison.Ordinal);
        Assert.ThrowsExactly<ArgumentException>(() => dynamics.Evaluate(0, ones(2, 8)));
        var flat = new FieldDynamics(new FieldGrid(GridAxis.Periodic(8, 1), GridAxis.Periodic(8, 1)), DerivativeScheme.SecondOrder, new Advection([1.0]));
        Assert.ThrowsExactly<ArgumentException>(() => flat.Evaluate(0, ones(2, 1, 8, 8)));
    }

    private static DerivativeScheme Scheme(int order) => order == 2 ? DerivativeScheme.SecondOrder : DerivativeScheme.FourthOrder;

    private static void Fill(LocalClosure closure)
    {
        using IDisposable noGradient = no_grad();
        using var generator = new Generator(5);
        foreach (Tensor parameter in closure.parameters())
        {
            parameter.copy_(randn(parameter.shape, generator: generator) * 0.03);
        }
    }

    private static double MaximumError(FieldDynamics dynamics, double[] start, double[] end, double time, OdeOptions options)
    {
        Tensor initial = tensor(start).view([1, 1, .. dynamics.Grid.Axes.Select(axis => (long)axis.Points)]);
        using OdeSolution solution = OdeSolver.Solve(dynamics, initial, [0, time], options);
        Assert.IsTrue(solution.Converged);
        return (solution.States[1].view(-1) - tensor(end)).abs().max().item<double>();
    }

    // The components depend on each other.
    private sealed class Crossed() : FieldTerm(nameof(Crossed))
    {
        public override int HighestDerivative => 1;

        public override Tensor forward(FieldState state) => state.Value.flip(1) * state.Derivative(state.AxisCount - 1, 1);
    }
}
