using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.Linear;

/// <summary>The closed form of the Hessian against autograd's, and minima found by factorisation and by products.</summary>
[TestClass]
public sealed class LinearHessianTests
{
    private const int Rows = 30;

    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DataRow("squared")]
    [DataRow("logistic")]
    [DataRow("softmax")]
    public void It_is_the_second_derivative_of_the_objective(string kind)
    {
        LinearLoss loss = Loss(kind, 3);
        using LinearProblem problem = Problem(loss, 4);
        Tensor weights = randn([5, loss.OutputCount], ScalarType.Float64, generator: new Generator(1));
        Tensor penalties = tensor(new[] { 0.1, 0.2, 0.3, 0.4, 0 });
        using var hessian = new LinearHessian(problem, weights, problem.Shares, penalties);
        Tensor variable = weights.clone().requires_grad_();
        var expected = new LossHessian(problem.Objective(variable, penalties, problem.Shares), [variable], damping: 0, isConvex: false);
        Assert.IsTrue(hessian.Dense().allclose(expected.Dense(), 1e-12, 1e-12));
        Tensor vector = randn([1, hessian.Width], ScalarType.Float64, generator: new Generator(2));
        Assert.IsTrue(hessian.Apply(vector).allclose(expected.Apply(vector), 1e-12, 1e-12));

        Tensor outputs = problem.Training.Features.mm(weights).requires_grad_();
        loss.Losses(outputs, problem.Training.Targets).sum().backward();
        Assert.IsTrue(loss.Slope(outputs, problem.Training.Targets).allclose(outputs.grad!, 1e-12, 1e-12));
        Tensor roots = loss.CurvatureRoots(outputs), directions = randn(outputs.shape, ScalarType.Float64, generator: new Generator(10));
        Assert.IsTrue(roots.matmul(roots.transpose(1, 2)).matmul(directions.unsqueeze(2)).squeeze(2).allclose(loss.Curve(outputs, directions), 1e-12, 1e-12));
    }

    [TestMethod]
    public void Many_weights_are_found_by_products_and_leave_no_gradient()
    {
        // 190 · 8 weights are more than are factorised; neighbouring features go together, as pixels do.
        var loss = new SoftmaxLoss(8);
        Tensor features = randn([60, 189], ScalarType.Float64, generator: new Generator(3)).cumsum(1) / 8;
        Tensor labels = randint(0, 8, 60, ScalarType.Int64, generator: new Generator(4)).to(ScalarType.Float32);
        using var problem = new LinearProblem(loss, new LinearRows(cat([features, ones(60, 1, ScalarType.Float64)], 1), loss.Targets(labels), ones(60, ScalarType.Float64)));
        Tensor penalties = cat([full([189], 0.01, ScalarType.Float64), zeros(1, ScalarType.Float64)]);
        using LinearFit fit = problem.Minimize(penalties, problem.Shares, problem.Start(), 1e-22, 50, CancellationToken.None);
        Assert.IsLessThan(1e-9, Slope(fit, penalties));

        // The next training sets out with the preconditioner of this one.
        using LinearFit next = problem.Minimize(penalties * 5, problem.Shares, fit.Weights, 1e-22, 50, CancellationToken.None);
        Assert.IsLessThan(1e-9, Slope(next, penalties * 5));

        using IFactorization direct = new LuSolver().Prepare(fit.Hessian);
        Tensor right = randn([1, fit.Weights.numel()], ScalarType.Float64, generator: new Generator(5));
        Tensor expected = direct.Solve(right).Solution, found = fit.InverseHessian.Solve(right).Solution;
        Assert.IsLessThan(1e-3, ((found - expected).norm() / expected.norm()).item<double>());

        double Slope(LinearFit minimum, Tensor penalized)
        {
            Assert.IsTrue(minimum.Converged);
            Tensor weights = minimum.Weights.clone().requires_grad_();
            problem.Objective(weights, penalized, problem.Shares).backward();
            return weights.grad!.abs().max().item<double>();
        }
    }

    [TestMethod]
    public void The_minimum_does_not_depend_on_where_the_search_sets_out()
    {
        LinearLoss loss = Loss("softmax", 3);
        using LinearProblem problem = Problem(loss, 4);
        Tensor penalties = tensor(new[] { 0.01, 0.01, 0.01, 0.01, 0 });
        using LinearFit near = problem.Minimize(penalties, problem.Shares, problem.Start(), 1e-22, 100, CancellationToken.None);
        using LinearFit far = problem.Minimize(penalties, problem.Shares, randn([5, 3], ScalarType.Float64, generator: new Generator(6)), 1e-22, 100, CancellationToken.None);
        Assert.IsTrue(far.Weights.allclose(near.Weights, 1e-8, 1e-9));
        Assert.AreEqual(0, near.Weights[-1].sum().item<double>(), 1e-10);
    }

    private static LinearLoss Loss(string kind, int classes) => kind switch
    {
        "squared" => new SquaredLoss(0.5, 2),
        "logistic" => new LogisticLoss(),
        _ => new SoftmaxLoss(classes),
    };

    private static LinearProblem Problem(LinearLoss loss, int features)
    {
        Tensor x = randn([Rows, features], ScalarType.Float64, generator: new Generator(7));
        Tensor labels = randint(0, Math.Max(2, loss.OutputCount), Rows, ScalarType.Int64, generator: new Generator(8)).to(ScalarType.Float32);
        Tensor weights = rand([Rows], ScalarType.Float64, generator: new Generator(9));
        return new LinearProblem(loss, new LinearRows(cat([x, ones(Rows, 1, ScalarType.Float64)], 1), loss.Targets(labels), weights));
    }
}
