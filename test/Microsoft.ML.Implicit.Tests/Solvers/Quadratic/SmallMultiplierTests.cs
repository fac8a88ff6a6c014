using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

/// <summary>Gradients where a constraint is held by a small multiplier, or missed by a small slack, are those of the constraints that hold.</summary>
[TestClass]
public class SmallMultiplierTests
{
    [TestMethod]
    public void Gradients_of_nearly_degenerate_rows_are_those_of_the_active_set()
    {
        const int Rows = 4000, N = 8, M = 6, K = 2;
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(4);
        Tensor factor = Normal(N, N);
        Tensor q = factor.mm(factor.t()) + eye(N, dtype: ScalarType.Float64);
        Tensor p = Normal(Rows, N), g = Normal(M, N), h = rand([Rows, M], ScalarType.Float64, generator: generator) + 0.1, a = Normal(K, N);
        var problem = new QuadraticProblem(q, p, g, h, a, zeros(K, ScalarType.Float64), full(N, -1.0, ScalarType.Float64));
        QuadraticSolution managed = new InteriorPointSolver().Solve(problem), batched = Batched(problem);

        Tensor c = cat([g, -eye(N, dtype: ScalarType.Float64)], 0), d = cat([h, ones(Rows, N, ScalarType.Float64)], 1);
        Tensor multipliers = cat([managed.Lambda, managed.LowerMultipliers!], 1);
        Assert.IsTrue(multipliers.gt(1e-7).logical_and(multipliers.lt(1e-4)).any().item<bool>(), "no row tells much");
        Tensor held = multipliers.gt(d - managed.Z.mm(c.t())).to(ScalarType.Float64);
        Tensor top = cat([q, c.t(), a.t()], 1).expand(Rows, N, N + M + N + K);
        Tensor middle = cat([c * held.unsqueeze(2), diag_embed(held - 1), zeros(Rows, M + N, K, ScalarType.Float64)], 2);
        Tensor bottom = cat([a, zeros(K, M + N + K, ScalarType.Float64)], 1).expand(Rows, K, N + M + N + K);
        Tensor right = cat([-ones(Rows, N, ScalarType.Float64), zeros(Rows, M + N + K, ScalarType.Float64)], 1);
        Tensor expected = linalg.solve(cat([top, middle, bottom], 1), right.unsqueeze(2)).squeeze(2).narrow(1, 0, N);

        foreach (QuadraticSolution solution in new[] { managed, batched })
        {
            Tensor actual = solution.Backward(ones_like(solution.Z)).P!;
            Assert.IsLessThanOrEqualTo(1e-8, (expected - actual).abs().max().item<double>());
        }

        Tensor Normal(params long[] shape) => randn(shape, ScalarType.Float64, generator: generator);
    }

    [TestMethod]
    [DataRow(1e-4)]
    [DataRow(1e-5)]
    [DataRow(1e-6)]
    [DataRow(-1e-4)]
    [DataRow(-1e-5)]
    [DataRow(-1e-6)]
    public void A_bound_is_held_by_any_multiplier_and_missed_by_any_slack(double pull)
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticProblem problem = QuadraticProblem.FromArrays(new QuadraticSize(1, 2), [2, 0.5, 0.5, 1], [pull, -3], lower: [0, 0], upper: [4, 2]);

        // At the upper bound of the second variable the first has the gradient 1 + pull.
        problem = new QuadraticProblem(problem.Q, problem.P - tensor(new double[,] { { 1, 0 } }), lower: problem.Lower, upper: problem.Upper);
        foreach (QuadraticSolution solution in new[] { new InteriorPointSolver().Solve(problem), Batched(problem) })
        {
            QuadraticGradients gradients = solution.Backward(ones_like(solution.Z));
            Assert.AreEqual(pull > 0 ? 0 : -0.5, gradients.P![0, 0].item<double>(), 1e-8);
            Assert.AreEqual(pull > 0 ? 1 : 0, gradients.Lower![0, 0].item<double>(), 1e-8);
            Assert.AreEqual(pull > 0 ? 1 : 0.75, gradients.Upper![0, 1].item<double>(), 1e-8);
        }
    }

    private static QuadraticSolution Batched(QuadraticProblem problem)
    {
        using IDisposable noGrad = no_grad();
        var options = new InteriorPointOptions();
        return BatchedSolve.Solve(problem, () => new BatchedInteriorPoint(problem, options), options, default);
    }
}
