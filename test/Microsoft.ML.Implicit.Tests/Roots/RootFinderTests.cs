using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Roots;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Roots;

[TestClass]
public class RootFinderTests
{
    private static readonly AndersonSettings Tight = new() { AbsoluteTolerance = 1e-13, RelativeTolerance = 0, MaximumIterations = 400 };

    private DisposeScope? _scope;

    public static IEnumerable<object[]> Finders =>
    [
        [new RootFinder()],
        [new RootFinder(new NewtonMethod(new NewtonSettings { KeepsJacobian = true }))],
        [new RootFinder(new NewtonMethod(new NewtonSettings { LinearSolver = new GmresSolver() }), new GmresSolver(new KrylovSettings { RelativeTolerance = 1e-13 }))],
        [new RootFinder(new FixedPointMethod(new AndersonSolver(Tight)), new NeumannAndersonSolver(new AndersonSolver(Tight)))],
        [new RootFinder(new FixedPointMethod(new BroydenSolver(new BroydenSettings { AbsoluteTolerance = 1e-13, RelativeTolerance = 0, MaximumIterations = 400 })))],
    ];

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DynamicData(nameof(Finders))]
    public void Roots_gradients_and_Hessian_products_match_the_reference(RootFinder finder)
    {
        Golden golden = Golden.Load("deq_second");
        string[] names = ["x", "W", "U", "b"];
        Tensor[] inputs = [.. names.Select(name => golden[name].requires_grad_())];
        var equation = new RootEquation((z, i) => z - tanh(z.matmul(i[1]) + i[0].matmul(i[2]) + i[3]));
        RootResult root = finder.Solve(equation, zeros(golden["z"].shape, ScalarType.Float64), inputs);
        golden.AssertMatches("z", root.Solution, 1e-10);

        Tensor loss = root.Solution.square().matmul(golden["c"]).sum();
        IList<Tensor> gradients = [];
        ImplicitBackward.Run(() => gradients = autograd.grad([loss], inputs, retain_graph: true, create_graph: true));
        for (int i = 0; i < names.Length; i++)
        {
            golden.AssertMatches("grad_" + names[i], gradients[i], 1e-9);
        }

        Tensor product = gradients.Zip(names, (gradient, name) => (gradient * golden["v_" + name]).sum()).Aggregate((a, b) => a + b);
        IList<Tensor> second = [];
        ImplicitBackward.Run(() => second = autograd.grad([product], inputs));
        for (int i = 0; i < names.Length; i++)
        {
            golden.AssertMatches("hvp_" + names[i], second[i], 1e-8);
        }
    }

    [TestMethod]
    public void Third_derivatives_of_a_cube_root_are_right()
    {
        Tensor x = tensor(new[] { 0.5, 1.0, 8.0 }).unsqueeze(1).requires_grad_();
        Tensor derivative = new RootFinder().Solve(new RootEquation((z, i) => z.pow(3) - i[0]), ones_like(x), [x]).Solution;
        double exponent = 1.0 / 3;
        double factor = 1;
        for (int order = 0; order < 4; order++)
        {
            Assert.IsTrue(derivative.allclose(x.detach().pow(exponent) * factor, 1e-9, 1e-12), $"order {order}");
            ImplicitBackward.Run(() => derivative = autograd.grad([derivative.sum()], [x], retain_graph: true, create_graph: true)[0]);
            factor *= exponent;
            exponent -= 1;
        }
    }

    [TestMethod]
    [DataRow(1e-9)]
    [DataRow(1.0)]
    [DataRow(1e9)]
    public void The_units_of_the_state_and_of_the_equation_do_not_matter(double unit)
    {
        Tensor x = tensor(new[] { 0.5, 1.0, 8.0 }).unsqueeze(1) * Math.Pow(unit, 3);
        foreach (double scale in new[] { 1e-12, 1, 1e12 })
        {
            RootResult root = new RootFinder().Solve(new RootEquation((z, i) => (z.pow(3) - i[0]) * scale), ones_like(x) * unit, [x]);
            Assert.IsTrue((root.Solution / unit).allclose(tensor(new[] { 0.5, 1.0, 8.0 }).unsqueeze(1).pow(1.0 / 3), 1e-10, 0));
        }
    }

    [TestMethod]
    [DataRow(1.0, 1e12)]
    [DataRow(1.0, 2e6)]
    [DataRow(1e6, 8.0)]
    [DataRow(1e3, 8.0)]
    [DataRow(0.01, 8.0)]
    [DataRow(1e-3, 1e-3)]
    public void A_root_far_from_the_start_is_found_as_well_as_a_near_one(double start, double cube)
    {
        Tensor x = full([1, 1], cube, ScalarType.Float64), initial = full([1, 1], start, ScalarType.Float64);
        Tensor root = new RootFinder().Solve(new RootEquation((z, i) => (z * z * z) - i[0]), initial, [x]).Solution;
        Assert.AreEqual(1, root.item<double>() / Math.Cbrt(cube), 1e-12);
        Tensor single = new RootFinder().Solve(new RootEquation((z, i) => (z * z * z) - i[0]), initial.to(ScalarType.Float32), [x.to(ScalarType.Float32)]).Solution;
        Assert.AreEqual(1, single.item<float>() / Math.Cbrt(cube), 2e-5);
    }

    [TestMethod]
    public void A_root_at_zero_is_found()
    {
        Tensor z = full([1, 1], 0.7, ScalarType.Float64);
        foreach (RootFinder finder in new[] { new RootFinder(), new RootFinder(new NewtonMethod(new NewtonSettings { KeepsJacobian = true })) })
        {
            Assert.AreEqual(0, finder.Solve(new RootEquation((x, _) => (2 * x) + x.square()), z, []).Solution.item<double>(), 1e-12);
        }
    }

    [TestMethod]
    public void A_start_where_the_Jacobian_is_singular_is_reported_as_such()
    {
        RootResult result = new RootFinder(throwOnFailure: false).Solve(new RootEquation((z, _) => z.pow(3) - 1), zeros(1, 1, ScalarType.Float64), []);
        Assert.AreEqual(SolveStatus.Singular, result.Statuses[0]);
    }

    [TestMethod]
    public void A_row_that_failed_adds_nothing_to_the_gradients_of_others()
    {
        Tensor x = tensor(new[] { 1.0, -4 }).unsqueeze(1).requires_grad_(), unit = ones(1, ScalarType.Float64).requires_grad_();
        RootResult result = new RootFinder(throwOnFailure: false).Solve(new RootEquation((z, i) => (i[1] * z.square()) + i[0]), full_like(x, 3), [x, unit]);
        Assert.AreNotEqual(SolveStatus.Converged, result.Statuses[0]);
        ImplicitBackward.Run(() => result.Solution[1].sum().backward());
        Assert.AreEqual(-0.25, x.grad![1].item<double>(), 1e-12);
        Assert.AreEqual(0, x.grad![0].item<double>());
        Assert.AreEqual(-1, unit.grad!.item<double>(), 1e-12);
    }

    [TestMethod]
    public void No_rows_have_no_roots()
    {
        Tensor x = zeros(0, 2, ScalarType.Float64).requires_grad_();
        RootResult result = new RootFinder().Solve(new RootEquation((z, i) => z - i[0]), zeros_like(x), [x]);
        Assert.IsEmpty(result.Statuses);
        ImplicitBackward.Run(() => result.Solution.sum().backward());
    }

    [TestMethod]
    public void A_row_without_a_root_is_reported_and_leaves_the_others_alone()
    {
        Tensor x = tensor(new[] { -1.0, 4.0, double.NaN }).unsqueeze(1);
        var equation = new RootEquation((z, i) => z.square() - i[0]);
        RootResult result = new RootFinder(throwOnFailure: false).Solve(equation, ones_like(x) * 3, [x]);
        Assert.AreEqual(SolveStatus.Converged, result.Statuses[1]);
        Assert.AreEqual(2, result.Solution[1].item<double>(), 1e-12);
        Assert.AreEqual(SolveStatus.StepUnderflow, result.Statuses[0]);
        Assert.AreEqual(SolveStatus.Diverged, result.Statuses[2]);
        Assert.Contains("row 0", Assert.ThrowsExactly<SolveFailedException>(() => new RootFinder().Solve(equation, ones_like(x) * 3, [x])).Message);
    }

    [TestMethod]
    public void Products_of_an_implicit_backward_pass_do_not_depend_on_the_batch()
    {
        int[] calls = [.. new[] { 1, 16 }.Select(rows =>
        {
            int count = 0;
            Tensor x = rand([rows, 4], ScalarType.Float64, generator: new Generator(2)).requires_grad_();
            Tensor root = new RootFinder().Solve(
                new RootEquation((z, i) =>
                {
                    count++;
                    return z + (0.1 * z.pow(3)) - i[0];
                }),
                zeros_like(x),
                [x]).Solution;
            count = 0;
            ImplicitBackward.Run(() => root.sum().backward());
            return count;
        })];
        Assert.AreEqual(calls[0], calls[1]);
        Assert.AreEqual(1, calls[0]);
    }

    [TestMethod]
    public void An_equation_of_another_shape_is_refused()
    {
        Tensor x = ones(2, 3, ScalarType.Float64);
        Assert.Contains("[2]", Assert.ThrowsExactly<ArgumentException>(() => new RootFinder().Solve(new RootEquation((z, _) => z.sum(1)), x, [])).Message);
    }

    [TestMethod]
    public void A_row_of_NaN_that_the_loss_leaves_out_adds_nothing_to_the_gradients_of_shared_inputs()
    {
        foreach (double spoilt in (double[])[double.NaN, 3.0])
        {
            Tensor shared = tensor(new[] { 2.0 }).requires_grad_();
            Tensor x = tensor(new[] { 4.0, spoilt, 9.0 }).unsqueeze(1).requires_grad_();
            var finder = new RootFinder(new Method((z, inputs) => new RootResult(
                where(inputs[1].detach().eq(3.0) | inputs[1].isnan(), full_like(z, double.NaN), (inputs[0] * inputs[1]).detach().sqrt()), [SolveStatus.Converged, SolveStatus.Diverged, SolveStatus.Converged], [0, double.NaN, 0], 1)), throwOnFailure: false);
            Tensor z = finder.Solve(new RootEquation((z, inputs) => z.square() - (inputs[0] * inputs[1])), ones_like(x), [shared, x]).Solution;
            Assert.IsTrue(z[1].isnan().item<bool>());
            IList<Tensor> gradients = [], second = [], all = [];
            ImplicitBackward.Run(() => gradients = autograd.grad([z[0].sum() + z[2].sum()], [shared, x], retain_graph: true, create_graph: true));
            ImplicitBackward.Run(() => second = autograd.grad([gradients[0].sum()], [shared], retain_graph: true));
            ImplicitBackward.Run(() => all = autograd.grad([z.sum()], [shared]));

            // z = √(2x), so that dz/ds = z / (2s) and d²z/ds² = -z / (4s²) at s = 2.
            double roots = Math.Sqrt(8) + Math.Sqrt(18);
            Assert.AreEqual(roots / 4, gradients[0].item<double>(), 1e-10);
            Assert.AreEqual(-roots / 16, second[0].item<double>(), 1e-10);
            Assert.AreEqual(0, gradients[1][1].item<double>());
            Assert.IsTrue(double.IsNaN(all[0].item<double>()));
        }
    }

    [TestMethod]
    public void What_a_method_returns_is_checked()
    {
        var equation = new RootEquation((z, _) => z - 1);
        void AssertRefused(string message, Func<Tensor, RootResult> solve)
        {
            ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => new RootFinder(new Method((z, _) => solve(z))).Solve(equation, zeros(2, 3), []));
            StringAssert.Contains(exception.Message, nameof(Method));
            StringAssert.Contains(exception.Message, message);
        }

        AssertRefused("returned null", _ => null!);
        AssertRefused("Float32 [2, 1]", _ => new RootResult(ones(2, 1), [SolveStatus.Converged, SolveStatus.Converged], [0, 0], 1));
        AssertRefused("0 statuses for 2 rows", z => new RootResult(z + 1, [], [], 1));
        AssertRefused("1 residuals for 2 rows", z => new RootResult(z + 1, [SolveStatus.Converged, SolveStatus.Converged], [0], 1));
    }

    private sealed class Method(Func<Tensor, IReadOnlyList<Tensor>, RootResult> solve) : IRootMethod
    {
        public RootResult Solve(IDifferentiableFunction equation, IReadOnlyList<Tensor> inputs, Tensor initial, CancellationToken cancellationToken = default) => solve(initial, inputs);
    }
}
