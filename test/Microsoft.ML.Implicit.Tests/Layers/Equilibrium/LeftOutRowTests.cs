using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Equilibrium;

/// <summary>Rows that could not be solved and that the loss leaves out.</summary>
[TestClass]
public sealed class LeftOutRowTests
{
    private const int Spoilt = 1;

    public static IEnumerable<object[]> Cases =>
        from gradient in Enum.GetValues<EquilibriumGradient>()
        from solver in (IFixedPointSolver[])[new AndersonSolver(), new BroydenSolver(), new PicardSolver(new PicardSettings { MaximumIterations = 200 })]
        from ownsLoop in (bool[])[false, true]
        from hasClosedForm in (bool[])[false, true]
        select new object[] { gradient, solver, ownsLoop, hasClosedForm };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void A_row_of_NaN_that_the_loss_leaves_out_adds_nothing_to_any_gradient(EquilibriumGradient gradient, IFixedPointSolver solver, bool ownsLoop, bool hasClosedForm)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = randn([5, 4], ScalarType.Float64, generator: new Generator(3));
        Tensor spoilt = x.clone();
        spoilt[Spoilt, 2] = tensor(double.NaN, ScalarType.Float64);
        (Tensor expected, Tensor ofInput, _) = Gradients(x, gradient, solver, ownsLoop, hasClosedForm, Spoilt);
        (Tensor parameters, Tensor input, SolveStatus[] statuses) = Gradients(spoilt, gradient, solver, ownsLoop, hasClosedForm, Spoilt);
        Assert.IsTrue(parameters.allclose(expected, 1e-4, 1e-6), $"{parameters - expected}");
        Assert.IsTrue(input.allclose(ofInput, 1e-4, 1e-6));
        Assert.AreEqual(0, input[Spoilt].abs().sum().item<double>());
        Assert.IsTrue(Gradients(spoilt, gradient, solver, ownsLoop, hasClosedForm, -1).Parameters.isnan().any().item<bool>());
        CollectionAssert.AreEqual(Enumerable.Range(0, 5).Select(row => row != Spoilt).ToArray(), statuses.Select(status => status == SolveStatus.Converged).ToArray());
    }

    [TestMethod]
    public void A_row_without_an_image_that_the_loss_leaves_out_adds_nothing_to_any_gradient()
    {
        using DisposeScope scope = NewDisposeScope();
        var cell = new RootCell();
        using var layer = new DeepEquilibrium(cell, new EquilibriumSettings { ThrowOnFailure = false });
        Tensor z = layer.forward(tensor(new[,] { { 2.0 }, { -5.0 } }));
        ImplicitBackward.Run(() => z[0].sum().backward());

        // z = √(w z + x) has z = (w + √(w² + 4x)) / 2, so that dz/dw = (1 + w / √(w² + 4x)) / 2.
        Assert.AreEqual(0.5 * (1 + (1 / 3.0)), cell.get_parameter("w")!.grad![0].item<double>(), 1e-3);
    }

    private static (Tensor Parameters, Tensor Input, SolveStatus[] Statuses) Gradients(
        Tensor x, EquilibriumGradient gradient, IFixedPointSolver solver, bool ownsLoop, bool hasClosedForm, int leftOut)
    {
        EquilibriumCell cell = new DenseResidualCell(4, 6, new Generator(5), dtype: ScalarType.Float64);
        var layer = new DeepEquilibrium(
            hasClosedForm ? cell : new WithoutClosedForm(cell), new EquilibriumSettings { ForwardSolver = solver, BackwardSolver = solver, Gradient = gradient, ThrowOnFailure = false });
        Tensor input = x.clone().requires_grad_();
        int[] rows = [.. Enumerable.Range(0, 5).Where(row => row != leftOut)];
        Tensor Loss(Tensor z) => z.index_select(0, tensor(Array.ConvertAll(rows, row => (long)row))).add(1).pow(2).sum();
        if (ownsLoop)
        {
            layer.Backward(input, Loss);
        }
        else
        {
            Tensor loss = Loss(layer.forward(input));
            ImplicitBackward.Run(() => loss.backward());
        }

        return (cat([.. cell.parameters().Select(parameter => parameter.grad!.flatten())]), input.grad!, [.. layer.Solve(x).Statuses]);
    }

    /// <summary>f(z, x) = √(w z + x), which is not a number where x is far below zero.</summary>
    private sealed class RootCell : EquilibriumCell
    {
        public RootCell()
            : base(nameof(RootCell)) => register_parameter("w", new TorchSharp.Modules.Parameter(ones(1, ScalarType.Float64)));

        public override Tensor InitialState(Tensor x) => ones_like(x);

        public override Tensor Iterate(Tensor z, Injection injection) => ((get_parameter("w")! * z) + injection.Rows[0]).sqrt();
    }
}
