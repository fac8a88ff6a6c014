using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Roots;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation;

/// <summary>The code of docs/layers-and-solvers.md about roots, fixed points and linear equations.</summary>
[TestClass]
public sealed class SolverExamples
{
    private readonly DisposeScope _scope = NewDisposeScope();

    [TestCleanup]
    public void CloseScope() => _scope.Dispose();

    [TestMethod]
    public void Roots_are_differentiated()
    {
        Tensor x = torch.tensor(new[] { 1.0, 8.0 }).unsqueeze(1).requires_grad_();
        RootResult root = new RootFinder().Solve(new RootEquation((z, inputs) => z * z * z - inputs[0]), torch.ones_like(x), [x]);
        ImplicitBackward.Run(() => root.Solution.sum().backward());

        Assert.AreEqual(2, root.Solution[1, 0].item<double>(), 1e-9);
        Assert.AreEqual(1.0 / 12, x.grad![1, 0].item<double>(), 1e-9);

        var byNewton = new RootFinder(new NewtonMethod(new NewtonSettings { AbsoluteTolerance = 1e-10 }));
        var byBroyden = new RootFinder(new FixedPointMethod(new BroydenSolver()), adjointSolver: new GmresSolver());

        var equation = new RootEquation((z, inputs) => z - (inputs[0].cos() * 0.5));
        Assert.IsTrue(byNewton.Solve(equation, zeros_like(x), [x]).Solution.allclose(byBroyden.Solve(equation, zeros_like(x), [x]).Solution, 1e-4, 1e-5));
    }

    [TestMethod]
    public void Fixed_points_are_found()
    {
        var map = new FixedPointMap(z => z.cos());
        FixedPointResult result = new AndersonSolver().Solve(map, ones(4, 1));
        FixedPointResult byBroyden = new BroydenSolver().Solve(map, ones(4, 1));
        FixedPointResult byPicard = new PicardSolver(new PicardSettings { Damping = 0.5 }).Solve(map, ones(4, 1));
        Console.WriteLine($"{result.Iterations} iterations, residual {result.Residuals[0]:E1}");

        foreach (FixedPointResult each in new[] { result, byBroyden, byPicard })
        {
            Assert.IsTrue(each.AllConverged);
            Assert.AreEqual(0.739085f, each.Solution[0, 0].item<float>(), 1e-3f);
        }
    }

    [TestMethod]
    public void Linear_equations_are_prepared_once_and_solved_often()
    {
        Tensor matrices = eye(3, dtype: ScalarType.Float64).expand(2, 3, 3) * 2 + 0.1;
        Tensor b = ones(2, 3, dtype: ScalarType.Float64);
        var a = new DenseOperator(matrices, OperatorTraits.PositiveDefinite);
        using IFactorization factorization = new LuSolver().Prepare(a);
        LinearSolution x = factorization.Solve(b);
        LinearSolution transposed = factorization.SolveTransposed(b);

        Assert.IsTrue(x.AllConverged && transposed.AllConverged);

        using IFactorization cholesky = new CholeskySolver().Prepare(a);
        using IFactorization conjugateGradients = new ConjugateGradientSolver(new KrylovSettings { RelativeTolerance = 1e-12 }).Prepare(a);
        using IFactorization gmres = new GmresSolver().Prepare(a);
        using IFactorization directOrKrylov = new DirectOrKrylovSolver().Prepare(a);

        foreach (IFactorization each in new[] { cholesky, conjugateGradients, gmres, directOrKrylov })
        {
            Assert.IsTrue(each.Solve(b).Solution.allclose(x.Solution, 1e-8, 1e-8));
        }

        using IFactorization series = new NeumannSeriesSolver(terms: 50).Prepare(a);
        using IFactorization nystrom = new NystromSolver(rank: 20, damping: 0.01).Prepare(a);

        Assert.IsTrue(series.Solve(b).Solution.allclose(x.Solution, 1e-8, 1e-8));
        Assert.IsTrue(nystrom.Solve(b).Solution.allclose(x.Solution, 1e-2, 1e-2));

        // −1, 2, −1 on three diagonals.
        Tensor diagonals = tensor(new double[] { 0, -1, -1, 2, 2, 2, -1, -1, 0 }, [1, 3, 3]);
        using IFactorization banded = new BandedSolver().Prepare(new BandedOperator(diagonals, lower: 1));
        Tensor y = banded.Solve(ones(1, 3, dtype: ScalarType.Float64)).Solution;

        Assert.IsTrue(y.allclose(tensor(new double[] { 1.5, 2, 1.5 }, [1, 3]), 1e-8, 1e-8));

        var nearIdentity = new DenseOperator(eye(3, dtype: ScalarType.Float64).unsqueeze(0) * 1.1);
        using IFactorization neumann = new NeumannAndersonSolver().Prepare(nearIdentity);
        LinearSolution accelerated = neumann.Solve(ones(1, 3, dtype: ScalarType.Float64));

        Assert.AreEqual(1 / 1.1, accelerated.Solution[0, 0].item<double>(), 1e-3);
    }
}
