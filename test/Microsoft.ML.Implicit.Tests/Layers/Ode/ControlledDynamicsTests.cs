using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Paths;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

/// <summary>Equations driven by a path, dz = f(t, z) dX(t).</summary>
[TestClass]
public sealed class ControlledDynamicsTests
{
    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    public static IEnumerable<object[]> Solves =>
    [
        [OdeMethods.Dopri5, OdeGradientMethod.CheckpointedAdjoint, 1e-11],
        [OdeMethods.Dopri5, OdeGradientMethod.BacksolveAdjoint, 1e-11],
        [OdeMethods.Dopri5, OdeGradientMethod.Backpropagation, 1e-11],
        [OdeMethods.Dopri8, OdeGradientMethod.CheckpointedAdjoint, 1e-11],
        [OdeMethods.Kvaerno5, OdeGradientMethod.CheckpointedAdjoint, 1e-10],
    ];

    [TestMethod]
    [DynamicData(nameof(Solves))]
    public void The_solution_along_a_spline_and_every_gradient_match_the_reference(OdeMethod method, OdeGradientMethod gradientMethod, double tolerance)
    {
        Golden golden = Golden.Load("cde_spline");
        var path = new NaturalCubicSpline(golden["t"], golden["x"]);
        double[] ends = [golden["t"][0].item<double>(), golden["t"][-1].item<double>()];
        var options = new OdeOptions
        {
            Method = method,
            GradientMethod = gradientMethod,
            StepControl = new PiStepControl { AbsoluteTolerance = tolerance, RelativeTolerance = tolerance },
            JumpTimes = [.. golden["t"].data<double>()],
        };
        var layer = new NeuralOde(new ControlledDynamics(new GoldenField(golden), path), options);
        Tensor start = golden["z0"].requires_grad_();
        Tensor end = layer.forward(start.unsqueeze(0), tensor(ends))[1].squeeze(0);
        golden.AssertMatches("z", end, 1e-8);
        ImplicitBackward.Run(() => end.square().sum().backward());
        golden.AssertMatches("grad_z0", start.grad!, 1e-8);
        foreach ((string name, Tensor parameter) in GoldenField.ParameterNames.Zip(layer.Term.Parameters))
        {
            golden.AssertMatches("grad_" + name, parameter.grad!, 1e-8);
        }
    }

    [TestMethod]
    [DataRow(OdeGradientMethod.CheckpointedAdjoint)]
    [DataRow(OdeGradientMethod.BacksolveAdjoint)]
    [DataRow(OdeGradientMethod.Backpropagation)]
    public void Gradients_of_the_paths_values_equal_finite_differences(OdeGradientMethod gradientMethod)
    {
        const double Shift = 1e-4;
        Golden golden = Golden.Load("cde_spline");
        using var generator = new Generator(2);
        using var field = new GoldenField(golden);
        Tensor values = (0.3 * randn([2, 4, 2], ScalarType.Float64, generator: generator)).requires_grad_();
        Tensor direction = randn(values.shape, ScalarType.Float64, generator: generator);
        Tensor start = randn([2, 3], ScalarType.Float64, generator: generator);
        Tensor knots = tensor(new[] { 0.0, 0.3, 0.7, 1.4 });
        var options = new OdeOptions { GradientMethod = gradientMethod, StepControl = new FixedStepControl(0.02) };
        Tensor weights = arange(6, dtype: ScalarType.Float64).view(2, 3).cos();

        ImplicitBackward.Run(() => Loss(values).backward());
        double expected = (Loss(values.detach() + (Shift * direction)) - Loss(values.detach() - (Shift * direction))).item<double>() / (2 * Shift);
        Assert.AreEqual(expected, (values.grad! * direction).sum().item<double>(), 1e-7 * Math.Abs(expected));
        values.grad = null;

        // Values that were computed from others: their gradient holds that of the fit once.
        Tensor Loss(Tensor at) =>
            (new NeuralOde(new ControlledDynamics(field, new NaturalCubicSpline(knots, at * 1.5)), options).forward(start, tensor(new[] { 0.0, 1.4 }))[1] * weights).sum();
    }

    public static IEnumerable<object[]> SecondOrderMethods => [[OdeMethods.Dopri5], [OdeMethods.Ralston], [OdeMethods.Kvaerno3]];

    [TestMethod]
    [DynamicData(nameof(SecondOrderMethods))]
    public void Hessian_products_with_the_paths_values_match_differences_of_the_gradient(OdeMethod method)
    {
        Golden golden = Golden.Load("cde_spline");
        using var generator = new Generator(4);
        using var field = new GoldenField(golden);
        Tensor values = randn([2, 4, 2], ScalarType.Float64, generator: generator).requires_grad_();
        Tensor start = randn([2, 3], ScalarType.Float64, generator: generator).requires_grad_();
        Tensor knots = tensor(new[] { 0.0, 0.3, 0.5, 0.9 });
        var options = new OdeOptions { Method = method, StepControl = new FixedStepControl(0.15) };
        Tensor[] inputs = [start, values, .. field.parameters()];
        Tensor[] directions = [.. inputs.Select(input => randn(input.shape, ScalarType.Float64, generator: generator))];
        Tensor[] products = HessianProducts.Of(Loss(), inputs, directions);
        Tensor[] differences = HessianProducts.ByDifferences(Loss, inputs, directions, 1e-5);
        for (int i = 0; i < inputs.Length; i++)
        {
            Assert.IsLessThan(1e-5 * Math.Max(1, differences[i].abs().max().item<double>()), (products[i] - differences[i]).abs().max().item<double>(), $"input {i}");
        }

        Tensor Loss()
        {
            var layer = new NeuralOde(new ControlledDynamics(field, new NaturalCubicSpline(knots, values.sin() * 0.4)), options);
            return layer.forward(start, tensor(new[] { 0.0, 0.9 }))[1].pow(3).sum();
        }
    }

    [TestMethod]
    public void Rows_with_times_and_paths_of_their_own_are_solved_as_if_alone()
    {
        Golden golden = Golden.Load("cde_spline");
        using var generator = new Generator(5);
        using var field = new GoldenField(golden);
        Tensor values = randn([3, 4, 2], ScalarType.Float64, generator: generator).requires_grad_();
        Tensor start = randn([3, 3], ScalarType.Float64, generator: generator).requires_grad_();

        // The second series has three points only.
        Tensor knots = tensor(new[,] { { 0.0, 1.0, 2.0, 3.0 }, { 0.5, 0.7, 1.1, 1.1 }, { -1.0, 0.0, 0.5, 4.0 } });
        Tensor times = stack([knots.select(1, 0), knots.select(1, 2), knots.select(1, 3)], 1);
        var options = new OdeOptions { StepControl = new PiStepControl { AbsoluteTolerance = 1e-9, RelativeTolerance = 1e-9 } };
        Tensor together = new NeuralOde(new ControlledDynamics(field, new NaturalCubicSpline(knots, values)), options).forward(start, times);
        Tensor weights = arange(18, dtype: ScalarType.Float64).view(2, 3, 3).cos();
        ImplicitBackward.Run(() => (together.narrow(0, 1, 2) * weights).sum().backward());
        (Tensor ofStart, Tensor ofValues) = (start.grad!.clone(), values.grad!.clone());
        (start.grad, values.grad) = (null, null);
        for (int row = 0; row < 3; row++)
        {
            int points = row == 1 ? 3 : 4;
            var path = new NaturalCubicSpline(knots[row].narrow(0, 0, points), values[row].narrow(0, 0, points));
            Tensor own = points == 3 ? times[row].narrow(0, 0, 2) : times[row];
            Tensor alone = new NeuralOde(new ControlledDynamics(field, path), options).forward(start[row].unsqueeze(0), own);
            Tensor end = alone[-1].squeeze(0);
            Assert.IsLessThan(1e-6, (end - together[2][row]).abs().max().item<double>());
            Tensor middle = alone[1].squeeze(0);
            ImplicitBackward.Run(() => ((middle * weights[0][row]).sum() + (end * weights[1][row]).sum()).backward());
        }

        Assert.IsLessThan(1e-6, (start.grad! - ofStart).abs().max().item<double>());
        Assert.IsLessThan(1e-6, (values.grad! - ofValues).abs().max().item<double>());
        (start.grad, values.grad) = (null, null);
    }

    [TestMethod]
    public void A_path_of_ones_own_is_a_small_class_and_gets_its_gradient()
    {
        Golden golden = Golden.Load("cde_spline");
        using var field = new GoldenField(golden);
        Tensor frequency = tensor(1.3, ScalarType.Float64).requires_grad_();
        var options = new OdeOptions { StepControl = new PiStepControl { AbsoluteTolerance = 1e-11, RelativeTolerance = 1e-11 } };
        Tensor start = golden["z0"].unsqueeze(0);
        ImplicitBackward.Run(() => Loss().backward());
        using IDisposable noGrad = no_grad();
        Tensor expected = FiniteDifferences.Gradient(frequency.detach(), () => Loss().item<double>());
        Assert.AreEqual(expected.item<double>(), frequency.grad!.item<double>(), 1e-7);
        frequency.grad = null;

        Tensor Loss() => new NeuralOde(new ControlledDynamics(field, new Wave(frequency)), options).forward(start, tensor(new[] { 0.0, 1.2 }))[1].pow(3).sum();
    }

    [TestMethod]
    public void Driven_by_time_the_equation_is_the_ordinary_one()
    {
        Golden golden = Golden.Load("ode_second");
        using nn.Module<Tensor, Tensor, Tensor> dynamics = GoldenDynamics.Autograd(golden);
        Tensor times = tensor(new[] { 0.0, 1.0 });
        Tensor expected = new NeuralOde(dynamics).forward(golden["z0"], times);
        Tensor driven = new NeuralOde(new ControlledDynamics(new SingleChannel(dynamics), new TimePath(ScalarType.Float64))).forward(golden["z0"], times);
        Assert.IsLessThan(1e-12, (expected - driven).abs().max().item<double>());
    }

    [TestMethod]
    public void A_spline_goes_through_its_values_with_a_slope_that_has_no_kinks()
    {
        Golden golden = Golden.Load("cde_spline");
        Tensor knots = golden["t"];
        var path = new NaturalCubicSpline(knots, golden["x"]);
        for (int i = 0; i + 1 < knots.shape[0]; i++)
        {
            // Simpson's rule is exact for the slope of a cubic.
            double a = knots[i].item<double>(), b = knots[i + 1].item<double>();
            Tensor increment = (Slope(a) + (4 * Slope(0.5 * (a + b))) + Slope(b)) * ((b - a) / 6);
            Assert.IsLessThan(1e-12, (increment - (golden["x"][i + 1] - golden["x"][i])).abs().max().item<double>());
            Assert.IsLessThan(1e-7, (Slope(b - 1e-10) - Slope(b + 1e-10)).abs().max().item<double>());
        }

        Tensor Slope(double time) => path.Derivative(tensor(new[] { time }), path.Inputs)[0];
    }

    [TestMethod]
    public void What_does_not_fit_is_refused()
    {
        Golden golden = Golden.Load("cde_spline");
        using var field = new GoldenField(golden);
        Assert.ThrowsExactly<ArgumentException>(() => new NaturalCubicSpline(golden["t"], golden["x"].narrow(0, 0, 3)));
        Assert.ThrowsExactly<ArgumentException>(() => new NaturalCubicSpline(tensor(new[] { 0.0, 2.0, 1.0 }), zeros(3, 2)));
        Assert.ThrowsExactly<ArgumentException>(() => new NaturalCubicSpline(tensor(new[] { 1.0, 1.0 }), zeros(2, 2)));
        Assert.ThrowsExactly<ArgumentException>(() => new NaturalCubicSpline(tensor(new[] { 0.0, double.NaN }), zeros(2, 2)));
        var wide = new NeuralOde(new ControlledDynamics(field, new NaturalCubicSpline(golden["t"], zeros(7, 3, ScalarType.Float64))));
        Assert.ThrowsExactly<ArgumentException>(() => wide.forward(golden["z0"].unsqueeze(0), tensor(new[] { 0.0, 1.0 })));
        var otherBatch = new NeuralOde(new ControlledDynamics(field, new NaturalCubicSpline(golden["t"], zeros(4, 7, 2, ScalarType.Float64))));
        Assert.ThrowsExactly<ArgumentException>(() => otherBatch.forward(golden["z0"].unsqueeze(0), tensor(new[] { 0.0, 1.0 })));
    }

    private sealed class Wave(Tensor frequency) : ControlPath
    {
        public override IReadOnlyList<Tensor> Inputs => [frequency];

        public override Tensor Derivative(Tensor times, IReadOnlyList<Tensor> inputs)
        {
            Tensor angle = inputs[0] * times;
            return stack([inputs[0] * angle.cos(), -inputs[0] * angle.sin()], 1);
        }
    }

    private sealed class SingleChannel : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor, Tensor> _inner;

        public SingleChannel(nn.Module<Tensor, Tensor, Tensor> inner)
            : base(nameof(SingleChannel))
        {
            _inner = inner;
            RegisterComponents();
        }

        public override Tensor forward(Tensor time, Tensor state) => _inner.forward(time, state).unsqueeze(-1);
    }
}
