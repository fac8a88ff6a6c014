using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Tests.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Quadratic;

[TestClass]
public class EmptyBatchTests
{
    private static readonly IQuadraticSolver[] Solvers = [new InteriorPointSolver(), new OperatorSplittingSolver()];

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void An_empty_batch_has_empty_solutions_and_no_gradients(bool sharedMatrices)
    {
        foreach (IQuadraticSolver solver in Solvers)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor?[] x = EmptyBatch(sharedMatrices);
            foreach (Tensor argument in x.OfType<Tensor>())
            {
                argument.requires_grad_(true);
            }

            using var layer = new QuadraticProgram(solver);

            QuadraticOutputs outputs = layer.forward(RandomPrograms.Problem(x));
            ImplicitBackward.Run(() => (outputs.Z.sum() + outputs.Lambda.sum()).backward());

            CollectionAssert.AreEqual(new long[] { 0, 5 }, outputs.Z.shape);
            CollectionAssert.AreEqual(new long[] { 0, 4 }, outputs.Lambda.shape);
            CollectionAssert.AreEqual(new long[] { 0, 2 }, outputs.Nu.shape);
            CollectionAssert.AreEqual(new long[] { 0, 5 }, outputs.UpperMultipliers!.shape);
            foreach (Tensor argument in x.OfType<Tensor>())
            {
                CollectionAssert.AreEqual(argument.shape, argument.grad!.shape);
                Assert.AreEqual(0, argument.grad!.abs().sum().item<double>());
            }
        }
    }

    [TestMethod]
    public void The_solution_of_an_empty_batch_is_solved_and_gives_gradients()
    {
        foreach (IQuadraticSolver solver in Solvers)
        {
            using DisposeScope scope = NewDisposeScope();
            QuadraticProblem problem = RandomPrograms.Problem(EmptyBatch(sharedMatrices: true));

            QuadraticSolution solution = solver.Solve(problem);
            QuadraticGradients gradients = solution.Backward(solution.Z);

            Assert.IsTrue(solution.AllConverged);
            Assert.IsEmpty(solution.Status);
            CollectionAssert.AreEqual(new long[] { 0 }, solution.Objective.shape);
            CollectionAssert.AreEqual(new long[] { 0, 5 }, gradients.P!.shape);
            Assert.AreEqual(0, gradients.Q!.abs().sum().item<double>());
            Assert.IsEmpty(solver.Solve(problem, solution.Start).Status);
        }
    }

    [TestMethod]
    public void An_empty_argument_among_others_is_an_error()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 1, batch: 3, n: 5, m: 4, k: 2, bounds: true);
        x[7] = x[7]!.narrow(0, 0, 0);

        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => RandomPrograms.Problem(x));

        Assert.AreEqual("upper", exception.ParamName);
        StringAssert.Contains(exception.Message, "batch of 0");
    }

    private static Tensor?[] EmptyBatch(bool sharedMatrices)
    {
        Tensor?[] x = RandomPrograms.Arguments(seed: 1, batch: 3, n: 5, m: 4, k: 2, bounds: true, sharedMatrices);
        int[] matrices = [0, 2, 4];
        return [.. x.Select((tensor, i) => tensor is null || tensor.dim() == (matrices.Contains(i) ? 2 : 1) ? tensor : tensor.narrow(0, 0, 0).clone())];
    }
}
