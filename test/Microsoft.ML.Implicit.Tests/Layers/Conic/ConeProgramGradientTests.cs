using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Conic;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using Microsoft.ML.Implicit.Tests.Solvers.Conic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Conic;

[TestClass]
public sealed class ConeProgramGradientTests
{
    [TestMethod]
    public void Gradients_are_the_differences_of_solutions_slacks_and_multipliers()
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = new ConeProgram();
        ConeProblem problem = RandomConePrograms.Create(RandomConePrograms.EveryCone, 7, 2, 7, seed: 21);
        Tensor[] data = [.. problem.Tensors];
        Array.ForEach(data, tensor => tensor.requires_grad_(true));
        Tensor[] weights = [Weights(7, 1), Weights(problem.Constraints, 2), Weights(problem.Constraints, 3)];

        ImplicitBackward.Run(() => Loss(problem).backward());

        for (int argument = 0; argument < data.Length; argument++)
        {
            using IDisposable noGrad = no_grad();
            for (int seed = 0; seed < 4; seed++)
            {
                using Generator generator = new((ulong)(100 + seed));
                Tensor direction = randn(data[argument].shape, ScalarType.Float64, generator: generator);
                direction = argument == 0 ? direction + direction.transpose(1, 2) : direction;
                double expected = (At(1e-5) - At(-1e-5)) / 2e-5, actual = (data[argument].grad! * direction).sum().item<double>();
                Assert.AreEqual(expected, actual, 1e-6 * Math.Max(1, Math.Abs(expected)), $"argument {argument}");

                double At(double step) => Loss(problem.With([.. data.Select((tensor, i) => i == argument ? tensor + (direction * step) : tensor)])).item<double>();
            }
        }

        Tensor Loss(ConeProblem program)
        {
            ConeOutputs outputs = layer.forward(program);
            return (outputs.X * weights[0]).sum() + (outputs.S * weights[1]).sum() + (outputs.Y * weights[2]).sum();
        }

        static Tensor Weights(int length, ulong seed)
        {
            using Generator generator = new(seed);
            return randn(length, dtype: ScalarType.Float64, generator: generator);
        }
    }

    [TestMethod]
    public void A_tensor_of_all_rows_has_the_sum_of_their_gradients()
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem one = RandomConePrograms.Create(RandomConePrograms.EveryCone, 6, 1, 6, seed: 4);
        Tensor q = cat([one.Q, one.Q * 1.1]);
        var shared = new ConeProblem(one.P![0], q, one.A[0], one.B[0], one.Cones);
        var apart = new ConeProblem(one.P.expand(2, -1, -1), q, one.A.expand(2, -1, -1), one.B.expand(2, -1), one.Cones);
        ConeGradients sums = Gradients(shared), parts = Gradients(apart);
        AssertEqual(parts.P!.sum([0L]), sums.P!);
        AssertEqual(parts.Q, sums.Q);
        AssertEqual(parts.A.sum([0L]), sums.A);
        AssertEqual(parts.B.sum([0L]), sums.B);

        static void AssertEqual(Tensor expected, Tensor actual) => Assert.IsLessThanOrEqualTo(1e-9 * expected.abs().max().item<double>(), (expected - actual).abs().max().item<double>());

        static ConeGradients Gradients(ConeProblem problem)
        {
            ConeSolution solution = new ConeSolver().Solve(problem);
            return solution.Backward(ones_like(solution.X), ones_like(solution.S), ones_like(solution.Y));
        }
    }

    [TestMethod]
    public void A_constraint_active_without_a_multiplier_has_the_mean_of_both_slopes()
    {
        using DisposeScope scope = NewDisposeScope();
        var problem = new ConeProblem(ones(1, 1, ScalarType.Float64), zeros(1, ScalarType.Float64), -ones(1, 1, ScalarType.Float64), zeros(1, ScalarType.Float64), [Cone.Nonnegative(1)]);
        ConeSolution solution = new ConeSolver().Solve(problem);
        Assert.AreEqual(-0.5, solution.Backward(ones(1, 1, ScalarType.Float64)).Q.item<double>(), 0.01);
    }

    [TestMethod]
    public void Numbers_in_float32_give_outputs_and_gradients_in_float32()
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = new ConeProgram();
        ConeProblem problem = RandomConePrograms.Create([Cone.Nonnegative(6), Cone.SecondOrder(4)], 4, 3, 4, seed: 4);
        Tensor[] data = [.. problem.Tensors.Select(tensor => tensor.to(ScalarType.Float32).requires_grad_(true))];
        ConeOutputs outputs = layer.forward(problem.With(data));
        ImplicitBackward.Run(() => outputs.X.sum().backward());
        Assert.AreEqual(ScalarType.Float32, outputs.X.dtype);
        Assert.IsTrue(Array.TrueForAll(data, tensor => tensor.grad!.dtype == ScalarType.Float32 && tensor.grad.isfinite().all().item<bool>()));
    }

    [TestMethod]
    public void A_row_without_a_solution_is_an_error_unless_asked_for_its_status()
    {
        using DisposeScope scope = NewDisposeScope();
        var problem = new ConeProblem(null, ones(1), tensor(new[,] { { 1f }, { -1f } }), tensor(new[] { 0f, -1f }), [Cone.Nonnegative(2)]);
        using var strict = new ConeProgram();
        using var lenient = new ConeProgram(throwOnFailure: false);
        Assert.ThrowsExactly<SolveFailedException>(() => strict.forward(problem));
        Assert.AreEqual(SolveStatus.Infeasible, lenient.forward(problem).Solution.Status[0]);
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(double.NaN)]
    public void A_row_without_a_solution_adds_to_what_rows_share_only_where_the_loss_depends_on_it(double limit)
    {
        // |x₀ + x₁| ≤ 1 beside a contradiction, or no number.
        using DisposeScope scope = NewDisposeScope();
        Tensor q = tensor(new[] { -2.0, 1 }), p = eye(2, dtype: ScalarType.Float64), a = tensor(new[,] { { 1.0, 1 }, { -1, -1 } });
        Tensor both = tensor(new[,] { { 1.0, 1 }, { limit, limit } });
        Tensor[] shared = [p, q, a];
        Array.ForEach(shared, tensor => tensor.requires_grad_(true));
        using var layer = new ConeProgram(throwOnFailure: false);

        Tensor[] expected = Gradients(both.narrow(0, 0, 1), outputs => outputs);
        Tensor[] masked = Gradients(both, outputs => outputs[0]);
        Tensor[] all = Gradients(both, outputs => outputs);

        for (int i = 0; i < shared.Length; i++)
        {
            Assert.IsLessThanOrEqualTo(1e-12, (expected[i] - masked[i]).abs().max().item<double>());
            Assert.IsTrue(all[i].isnan().all().item<bool>());
        }

        Tensor[] Gradients(Tensor b, Func<Tensor, Tensor> select)
        {
            Array.ForEach(shared, tensor => tensor.grad = null);
            ConeOutputs outputs = layer.forward(new ConeProblem(p, q, a, b, [Cone.Nonnegative(2)]));
            ImplicitBackward.Run(() => (select(outputs.X).pow(2).sum() + select(outputs.S).sum() + select(outputs.Y).sum()).backward());
            return Array.ConvertAll(shared, tensor => tensor.grad!.clone());
        }
    }

    [TestMethod]
    public void Second_derivatives_are_refused_with_a_reason()
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = new ConeProgram();
        ConeProblem problem = RandomConePrograms.Create([Cone.Nonnegative(6)], 4, 1, 4, seed: 4);
        problem.Q.requires_grad_(true);
        Tensor loss = layer.forward(problem).X.sum();
        Assert.ThrowsExactly<NotSupportedException>(() => ImplicitBackward.Run(() => loss.backward(create_graph: true, retain_graph: true)));
    }
}
