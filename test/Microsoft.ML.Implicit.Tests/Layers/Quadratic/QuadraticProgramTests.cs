using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Quadratic;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Tests.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Quadratic;

[TestClass]
public class QuadraticProgramTests
{
    [TestMethod]
    public void The_layer_learns_a_linear_cost_from_decisions()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 40, batch: 1, n: 6, m: 2, k: 1, bounds: false, sharedMatrices: true);
        using var layer = new QuadraticProgram();
        Tensor target = layer.forward(RandomPrograms.Problem(x)).Z.detach();
        var cost = new TorchSharp.Modules.Parameter(zeros(1, 6, ScalarType.Float64));
        using optim.Optimizer optimizer = optim.Adam([cost], lr: 0.1);
        double first = double.NaN, last = double.NaN;
        for (int step = 0; step < 300; step++)
        {
            using DisposeScope inner = NewDisposeScope();
            optimizer.zero_grad();
            x[1] = cost;
            Tensor loss = (layer.forward(RandomPrograms.Problem(x)).Z - target).pow(2).sum();
            ImplicitBackward.Run(() => loss.backward());
            optimizer.step();
            last = loss.item<double>();
            first = step == 0 ? last : first;
        }

        Assert.IsLessThan(1e-3 * first, last);
    }

    [TestMethod]
    public void A_row_without_a_solution_is_an_error_or_NaN_as_asked()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 41, batch: 3, n: 4, m: 2, k: 0, bounds: true);
        x[6]![1, 0] = x[7]![1, 0] + 1;
        x[1]!.requires_grad_(true);
        using var strict = new QuadraticProgram();
        using var lenient = new QuadraticProgram(throwOnFailure: false);

        SolveFailedException exception = Assert.ThrowsExactly<SolveFailedException>(() => strict.forward(RandomPrograms.Problem(x)));
        QuadraticOutputs outputs = lenient.forward(RandomPrograms.Problem(x));
        ImplicitBackward.Run(() => outputs.Z.sum().backward());

        Assert.AreEqual(1, exception.Row);
        Assert.AreEqual(SolveStatus.Infeasible, exception.Status);
        Assert.IsTrue(outputs.Z[1].isnan().all().item<bool>());
        Assert.IsTrue(x[1]!.grad![1].isnan().all().item<bool>());
        Assert.IsTrue(x[1]!.grad![0].isfinite().all().item<bool>());
        Assert.IsTrue(x[1]!.grad![2].isfinite().all().item<bool>());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_row_without_a_solution_adds_nothing_to_what_rows_share_where_the_loss_leaves_it_out(bool isSplit)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 46, batch: 3, n: 4, m: 2, k: 0, bounds: true, sharedMatrices: true);
        x[6]![1, 0] = x[7]![1, 0] + 1;
        IQuadraticSolver solver = isSplit ? new OperatorSplittingSolver() : new InteriorPointSolver();
        Tensor[] shared = [x[0]!.requires_grad_(true), x[2]!.requires_grad_(true)];
        double[][] found = Gradients([0, 1, 2]), expected = Gradients([0, 2]);
        for (int i = 0; i < shared.Length; i++)
        {
            for (int entry = 0; entry < found[i].Length; entry++)
            {
                Assert.AreEqual(expected[i][entry], found[i][entry], 1e-6);
            }
        }

        double[][] Gradients(long[] rows)
        {
            Tensor places = tensor(rows);
            Tensor?[] some = [.. x.Select(argument => argument is null || shared.Contains(argument) ? argument : argument.index_select(0, places))];
            using var layer = new QuadraticProgram(solver, throwOnFailure: false);
            QuadraticOutputs outputs = layer.forward(RandomPrograms.Problem(some));
            Assert.AreEqual(rows.Length == 2, outputs.Solution.AllConverged);
            foreach (Tensor argument in shared)
            {
                argument.grad = null;
            }

            ImplicitBackward.Run(() => (outputs.Z.nan_to_num(0).pow(2).sum() + outputs.Lambda.nan_to_num(0).sum()).backward());
            return [.. shared.Select(argument => argument.grad!.ReadDoubles())];
        }
    }

    [TestMethod]
    public void A_linear_program_at_a_vertex_has_gradients_with_respect_to_its_constraints()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor h = tensor(new double[] { 4, 12, 18 }, ScalarType.Float64).requires_grad_(true);
        Tensor p = tensor(new double[] { -3, -5 }, ScalarType.Float64).requires_grad_(true);
        Tensor g = tensor(new double[] { 1, 0, 0, 2, 3, 2 }, [3, 2], ScalarType.Float64);
        using var layer = new QuadraticProgram();

        QuadraticOutputs outputs = layer.forward(new QuadraticProblem(null, p, g, h, lower: zeros(2, ScalarType.Float64)));
        ImplicitBackward.Run(() => outputs.Z[0, 0].backward());

        // z = (h₂ - h₁) / 3, h₁ / 2 where rows 1 and 2 are active; the vertex does not move with p.
        double[] expected = [0, -1.0 / 3, 1.0 / 3];
        for (int i = 0; i < 3; i++)
        {
            Assert.AreEqual(expected[i], h.grad![i].item<double>(), 1e-6);
        }

        Assert.IsLessThanOrEqualTo(1e-6, p.grad!.abs().max().item<double>());
    }

    [TestMethod]
    public void Duplicated_active_constraints_share_the_gradient()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 43, batch: 2, n: 5, m: 3, k: 0, bounds: false);
        Tensor single = new InteriorPointSolver().Solve(RandomPrograms.Problem(x)).Backward(ones(2, 5, ScalarType.Float64)).H!;
        x[2] = cat([x[2]!, x[2]!], 1);
        x[3] = cat([x[3]!, x[3]!], 1);

        Tensor twice = new InteriorPointSolver().Solve(RandomPrograms.Problem(x)).Backward(ones(2, 5, ScalarType.Float64)).H!;

        Assert.IsLessThanOrEqualTo(1e-6, (twice.narrow(1, 0, 3) - twice.narrow(1, 3, 3)).abs().max().item<double>());
        Assert.IsLessThanOrEqualTo(1e-6, (twice.narrow(1, 0, 3) + twice.narrow(1, 3, 3) - single).abs().max().item<double>());
    }

    [TestMethod]
    public void Solving_and_differentiating_leave_nothing_behind()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 44, batch: 3, n: 5, m: 4, k: 1, bounds: true);
        foreach (Tensor? argument in x)
        {
            argument!.requires_grad_(true);
        }

        using var layer = new QuadraticProgram();
        long before = scope.DisposablesCount;
        for (int i = 0; i < 3; i++)
        {
            using (NewDisposeScope())
            {
                QuadraticOutputs outputs = layer.forward(RandomPrograms.Problem(x));
                ImplicitBackward.Run(() => (outputs.Z.sum() + outputs.Lambda.sum()).backward());
            }

            Assert.AreEqual(before, scope.DisposablesCount);
        }

        using DisposeScope inner = NewDisposeScope();
        QuadraticSolution solution = new InteriorPointSolver().Solve(RandomPrograms.Problem(x));
        // z, λ, ν, two bound multipliers and the objective.
        Assert.AreEqual(6, inner.DisposablesCount);
        Tensor gradient = ones(3, 5, ScalarType.Float64);
        solution.Backward(gradient);
        Assert.AreEqual(6 + 1 + 8, inner.DisposablesCount);
    }

    [TestMethod]
    public void Two_threads_solve_and_differentiate_at_once()
    {
        double[] expected = [.. Enumerable.Range(0, 2).Select(Gradient)];
        Parallel.For(0, 16, i => Assert.AreEqual(expected[i % 2], Gradient(i % 2)));

        static double Gradient(int seed)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor?[] x = RandomPrograms.Arguments(50 + seed, batch: 4, n: 8, m: 6, k: 2, bounds: true);
            x[1]!.requires_grad_(true);
            using var layer = new QuadraticProgram();
            ImplicitBackward.Run(() => layer.forward(RandomPrograms.Problem(x)).Z.sin().sum().backward());
            return x[1]!.grad!.sum().item<double>();
        }
    }

    [TestMethod]
    public void Gradients_of_another_shape_are_refused_by_name()
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticSolution solution = new InteriorPointSolver().Solve(RandomPrograms.Problem(RandomPrograms.Arguments(seed: 45, batch: 2, n: 4, m: 2, k: 1, bounds: false)));

        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => solution.Backward(ones(2, 3, ScalarType.Float64)));

        StringAssert.Contains(exception.Message, "[2, 3]", StringComparison.Ordinal);
        StringAssert.Contains(exception.Message, "[2, 4]", StringComparison.Ordinal);
        Assert.AreEqual("gradZ", exception.ParamName);
    }
}
