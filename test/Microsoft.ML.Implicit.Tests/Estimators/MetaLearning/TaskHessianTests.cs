using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.MetaLearning;

/// <summary>The closed form of what adapting to tasks solves with, against autograd's, and its inverse in the span of the rows.</summary>
[TestClass]
public sealed class TaskHessianTests
{
    private const int Tasks = 3;
    private const int Rows = 4;

    [TestMethod]
    [DataRow("numbers", 2)]
    [DataRow("two classes", 2)]
    [DataRow("three classes", 2)]
    [DataRow("numbers", 9)]
    [DataRow("two classes", 9)]
    [DataRow("three classes", 9)]
    public void It_is_the_derivative_of_optimality(string labels, int features)
    {
        using DisposeScope scope = NewDisposeScope();
        (TaskOptimality optimality, Tensor weights, Tensor[] inputs) = Create(labels, features);
        var hessian = (TaskHessian)optimality.Linearize(weights, inputs);
        Linearization expected = AutogradLinearization.Create(optimality, weights, inputs);
        Tensor vector = randn([Tasks, hessian.Width], ScalarType.Float64, generator: new Generator(4));
        Assert.IsTrue(hessian.Value.allclose(expected.Value, 1e-12, 1e-12));
        Assert.IsTrue(hessian.Apply(vector).allclose(expected.Apply(vector), 1e-12, 1e-12));
        Assert.IsTrue(hessian.Dense().allclose(expected.Dense(), 1e-12, 1e-12));
        foreach ((Tensor? found, Tensor? slope) in hessian.PullbackInputs(vector).Zip(expected.PullbackInputs(vector)))
        {
            Assert.IsTrue(found!.allclose(slope!, 1e-12, 1e-12));
        }
    }

    [TestMethod]
    [DataRow("numbers")]
    [DataRow("two classes")]
    [DataRow("three classes")]
    public void Its_inverse_in_the_span_of_the_rows_is_that_of_the_matrix(string labels)
    {
        using DisposeScope scope = NewDisposeScope();
        (TaskOptimality optimality, Tensor weights, Tensor[] inputs) = Create(labels, 40);
        var hessian = (TaskHessian)optimality.Linearize(weights, inputs);
        Assert.IsLessThan(hessian.Width, hessian.RootRows);
        Tensor right = randn([Tasks, hessian.Width], ScalarType.Float64, generator: new Generator(5));
        using IFactorization direct = new CholeskySolver().Prepare(hessian), span = new TaskHessianSolver().Prepare(hessian);
        Tensor expected = direct.Solve(right).Solution;
        Assert.IsLessThan(1e-10, ((span.Solve(right).Solution - expected).norm() / expected.norm()).item<double>());
        Assert.ThrowsExactly<ArgumentException>(() => new TaskHessianSolver().Prepare(new DenseOperator(eye(2, dtype: ScalarType.Float64).unsqueeze(0))));
    }

    // The second task has a row less than the others.
    private static (TaskOptimality Optimality, Tensor Weights, Tensor[] Inputs) Create(string labels, int features)
    {
        LinearLoss loss = labels switch { "numbers" => new SquaredLoss(0.1, 1.3), "two classes" => new LogisticLoss(), _ => new SoftmaxLoss(3) };
        var generator = new Generator(3);
        Tensor x = randn([Tasks, Rows, features + 1], ScalarType.Float64, generator: generator);
        Tensor given = labels == "numbers" ? randn([Tasks * Rows], ScalarType.Float64, generator: generator) : randint(0, Math.Max(2, loss.OutputCount), Tasks * Rows, generator: generator);
        Tensor rowWeights = rand([Tasks, Rows], ScalarType.Float64, generator: generator);
        rowWeights[1, Rows - 1] = 0;
        var group = new TaskGroup(arange(Tasks), x, loss.Targets(given.to(ScalarType.Float32)).view(Tasks, Rows, -1), rowWeights);
        Tensor shared = randn([features + 1, loss.OutputCount], ScalarType.Float64, generator: generator), logPenalties = randn([features + 1], ScalarType.Float64, generator: generator);
        Tensor weights = shared + (0.5 * randn([Tasks, features + 1, loss.OutputCount], ScalarType.Float64, generator: generator));
        return (new TaskOptimality(group, loss), weights, [shared.requires_grad_(), logPenalties.requires_grad_()]);
    }
}
