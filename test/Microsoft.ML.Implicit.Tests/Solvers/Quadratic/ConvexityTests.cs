using Microsoft.ML.Implicit.Layers.Quadratic;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

/// <summary>Positive semidefinite to within the rounding of the numbers' own type, whatever their size and units.</summary>
[TestClass]
public class ConvexityTests
{
    private static IQuadraticSolver[] Solvers => [new InteriorPointSolver(), new OperatorSplittingSolver()];

    [TestMethod]
    [DataRow(3, 2)]
    [DataRow(12, 6)]
    [DataRow(12, 11)]
    [DataRow(60, 20)]
    public void Covariances_of_few_samples_are_accepted_and_solved_in_float32(int n, int samples)
    {
        foreach (double scale in new[] { 1e-9, 1, 1e4, 1e9 })
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor q = Covariance(batch: 6, n, samples, ScalarType.Float32) * scale;
            Assert.IsLessThan(0, linalg.eigvalsh(q.to(ScalarType.Float64)).min().item<double>());
            QuadraticProblem problem = Portfolio(q);
            Tensor best = Risk(new InteriorPointSolver().Solve(Portfolio(Covariance(batch: 6, n, samples, ScalarType.Float64) * scale)).Z, q);
            foreach (IQuadraticSolver solver in Solvers)
            {
                using var layer = new QuadraticProgram(solver);
                QuadraticOutputs outputs = layer.forward(problem);

                Assert.IsTrue(outputs.Solution.AllConverged);
                Assert.IsLessThanOrEqualTo(1e-5, (outputs.Z.sum(1) - 1).abs().max().item<float>());
                if (solver is OperatorSplittingSolver && scale < 1e4)
                {
                    // It stops at a residual of its tolerance, which says little where the objective is far below 1.
                    continue;
                }

                double excess = ((Risk(outputs.Z, q) - best) / q.diagonal(0, 1, 2).amax([1])).max().item<double>();
                Assert.IsLessThanOrEqualTo(2e-5, excess, $"{solver.GetType().Name} at scale {scale}");
            }
        }
    }

    [TestMethod]
    public void Gradients_through_a_rounded_covariance_are_finite()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (IQuadraticSolver solver in Solvers)
        {
            QuadraticGradients gradients = solver.Solve(Portfolio(Covariance(batch: 6, n: 12, samples: 6, ScalarType.Float32))).Backward(ones(6, 12, ScalarType.Float32));

            Assert.IsTrue(gradients.P!.isfinite().all().item<bool>());
            Assert.IsTrue(gradients.Q!.isfinite().all().item<bool>());
        }
    }

    [TestMethod]
    public void The_distance_of_a_segment_and_a_triangle_is_found_in_float32()
    {
        using DisposeScope scope = NewDisposeScope();

        // Corners of a segment and, with the sign turned, of a triangle; the weights of each sum to one.
        Tensor d = tensor(new[] { 0.3f, 0.7f, -1.1f, -2.3f, -1.7f, 0.9f, 0.1f, 0.4f, -0.6f, 0.8f, 1.3f, 1.9f, -0.2f, -0.5f, -1.2f }, [3, 5], ScalarType.Float32);
        Tensor sums = tensor(new[] { 1f, 1, 0, 0, 0, 0, 0, 1, 1, 1 }, [2, 5], ScalarType.Float32), q = 2 * d.t().mm(d);
        QuadraticProblem Problem(ScalarType type) => new(
            q.to(type), zeros(5, type), a: sums.to(type), b: ones(2, type), lower: zeros(5, type));
        foreach (IQuadraticSolver solver in Solvers)
        {
            float rounded = solver.Solve(Problem(ScalarType.Float32)).Objective.item<float>();

            Tensor exact = 2 * d.to(ScalarType.Float64).t().mm(d.to(ScalarType.Float64));
            double expected = solver.Solve(new QuadraticProblem(exact, zeros(5, ScalarType.Float64), a: sums.to(ScalarType.Float64), b: ones(2, ScalarType.Float64), lower: zeros(5, ScalarType.Float64)))
                .Objective.item<double>();
            Assert.AreEqual(expected, rounded, 1e-5);
        }
    }

    [TestMethod]
    [DataRow(ScalarType.Float32, 2)]
    [DataRow(ScalarType.Float32, 12)]
    [DataRow(ScalarType.Float32, 50)]
    [DataRow(ScalarType.Float64, 2)]
    [DataRow(ScalarType.Float64, 12)]
    [DataRow(ScalarType.Float64, 50)]
    public void A_negative_eigenvalue_beyond_rounding_is_refused_in_any_units(ScalarType type, int n)
    {
        double[] scales = type == ScalarType.Float32 ? [1e-9, 1, 1e9] : [1e-12, 1e-9, 1, 1e9, 1e12];
        double beyond = 30 * n * (type == ScalarType.Float32 ? 1.2e-7 : 2.3e-16);
        foreach (double scale in scales)
        {
            using DisposeScope scope = NewDisposeScope();
            using var generator = new Generator(n == 2 ? 7UL : 8UL);
            Tensor basis = linalg.qr(randn([n, n], ScalarType.Float64, generator: generator)).Q;
            Tensor eigenvalues = linspace(1, 2, n, ScalarType.Float64);
            eigenvalues[0] = -Math.Max(beyond, 1e-12);
            Tensor indefinite = (basis * eigenvalues).mm(basis.t()) * scale;
            Tensor one = eye(n, dtype: ScalarType.Float64) * scale;
            Tensor units = ((arange(n, ScalarType.Float64) % 7) - 3).mul(type == ScalarType.Float32 ? 1 : 3).mul(Math.Log(10)).exp();
            foreach (Tensor variables in new[] { ones_like(units), units })
            {
                Tensor q = stack([one, indefinite, one], 0) * variables.unsqueeze(0).unsqueeze(2) * variables;
                foreach (IQuadraticSolver solver in Solvers)
                {
                    QuadraticSolution solution = solver.Solve(new QuadraticProblem(q.to(type), zeros(n, type), lower: zeros(n, type)));

                    CollectionAssert.AreEqual(new[] { SolveStatus.Converged, SolveStatus.NonConvex, SolveStatus.Converged }, solution.Status.ToArray(), $"{solver.GetType().Name} at scale {scale}");
                }
            }
        }
    }

    [TestMethod]
    public void Curvature_of_the_wrong_sign_is_not_hidden_by_larger_numbers()
    {
        using DisposeScope scope = NewDisposeScope();
        double[][] matrices = [[1e18, 0, 0, -1], [0, 1e-12, 1e-12, 1], [0, 1e-12, 1e-12, 0], [-1e-12, 0, 0, 1e12]];
        foreach (IQuadraticSolver solver in Solvers)
        {
            foreach (double[] q in matrices)
            {
                QuadraticSolution solution = solver.Solve(QuadraticProblem.FromArrays(new QuadraticSize(1, 2), q, [1, 1], lower: [0, 0], upper: [1, 1]));

                Assert.AreEqual(SolveStatus.NonConvex, solution.Status[0], $"{solver.GetType().Name}: {string.Join(", ", q)}");
            }
        }
    }

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(4, 2)]
    [DataRow(9, 3)]
    [DataRow(30, 10)]
    [DataRow(50, 49)]
    public void Matrices_of_whole_numbers_that_lack_rank_are_convex_in_both_types(int n, int rank)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(9);
        Tensor factor = randint(-3, 4, [rank, n], ScalarType.Float64, generator: generator);
        factor[0, 0] = 0;
        Tensor q = factor.t().mm(factor);
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            foreach (IQuadraticSolver solver in Solvers)
            {
                QuadraticSolution solution = solver.Solve(new QuadraticProblem(q.to(type), ones(n, type), lower: zeros(n, type), upper: ones(n, type)));

                Assert.IsTrue(solution.AllConverged, $"{type} {solver.GetType().Name}");
                Assert.IsLessThanOrEqualTo(1e-4, solution.Objective.abs().max().to(ScalarType.Float64).item<double>());
            }
        }
    }

    [TestMethod]
    public void A_matrix_that_is_positive_semidefinite_is_solved_as_it_is()
    {
        using DisposeScope scope = NewDisposeScope();

        // A curvature far below the rounding of the other: a diagonal enlarged without need would halve z2.
        double[] q = [1, 0, 0, 1e-9];
        foreach (IQuadraticSolver solver in Solvers)
        {
            QuadraticProblem problem = QuadraticProblem.FromArguments(
                [tensor(q, [2, 2], ScalarType.Float64), tensor(new[] { -1, -1e-9 }), null, null, null, null, tensor(new[] { -5.0, -5 }), tensor(new[] { 5.0, 5 })], ScalarType.Float32);
            Assert.AreEqual(1, solver.Solve(problem).Z[0, 0].item<double>(), 1e-6);
        }

        using IDisposable noGrad = no_grad();
        (Tensor convex, Tensor shift) = Convexity.Examine(tensor(q, [2, 2], ScalarType.Float64), ScalarType.Float32);
        Assert.IsTrue(convex.item<bool>());
        Assert.AreEqual(0, shift.abs().max().item<double>());
    }

    [TestMethod]
    public void The_method_of_whole_batches_judges_alike()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor q = Covariance(batch: 6, n: 12, samples: 6, ScalarType.Float32);
        q[3] = -q[3];
        var method = new BatchedInteriorPoint(Portfolio(q), new InteriorPointOptions());

        bool[] converged = [.. method.Solve(default).data<bool>()];

        CollectionAssert.AreEqual(new[] { true, true, true, false, true, true }, converged);
    }

    private static QuadraticProblem Portfolio(Tensor q)
    {
        long n = q.shape[1];
        return new QuadraticProblem(q, zeros(n, q.dtype), a: ones(1, n, q.dtype), b: ones(1, q.dtype), lower: zeros(n, q.dtype));
    }

    private static Tensor Risk(Tensor z, Tensor q) => (z.to(ScalarType.Float64) * q.to(ScalarType.Float64).matmul(z.to(ScalarType.Float64).unsqueeze(2)).squeeze(2)).sum(1) / 2;

    // Of the same samples, summed in the given type.
    private static Tensor Covariance(int batch, int n, int samples, ScalarType type)
    {
        using var generator = new Generator((ulong)(n + samples));
        Tensor factor = randn([batch, samples, 1], ScalarType.Float32, generator: generator);
        Tensor values = ((0.01 * randn([batch, samples, n], ScalarType.Float32, generator: generator)) + (0.01 * factor)).to(type);
        Tensor centred = values - values.mean([1], keepdim: true);
        return centred.transpose(1, 2).matmul(centred) / (samples - 1);
    }
}
