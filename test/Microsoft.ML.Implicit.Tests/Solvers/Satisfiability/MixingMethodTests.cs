using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Solvers.Satisfiability;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Satisfiability;

[TestClass]
public sealed class MixingMethodTests
{
    private static readonly MixingSettings ToTheEnd = new() { MaximumSweeps = 1000, Tolerance = 1e-15 };

    [TestMethod]
    [DataRow(3)]
    [DataRow(5)]
    [DataRow(8)]
    public void The_relaxation_of_the_cut_of_a_ring_has_its_known_value(int nodes)
    {
        using DisposeScope scope = NewDisposeScope();

        // A clause an edge, v_i + v_j. The best angle between neighbours is π (1 − 1/n) for odd n, and π for even n (Delorme and Poljak, 1993).
        Tensor weights = eye(nodes, dtype: ScalarType.Float64) + eye(nodes, dtype: ScalarType.Float64).roll(1, 1);
        Tensor vectors = Random([1, nodes, 16]);
        MixingMethod.Run(new MixingSystem(MixingMethod.ProductsOf(weights), ones([1, nodes], ScalarType.Bool), vectors), ToTheEnd);
        double angle = Math.PI * (nodes % 2 == 0 ? 1 : 1 - (1.0 / nodes));
        Assert.AreEqual(nodes * (2 + (2 * Math.Cos(angle))), vectors[0].t().mm(weights.t()).square().sum().item<double>(), 1e-9);
    }

    [TestMethod]
    [DataRow(6, 5, 1)]
    [DataRow(9, 14, 2)]
    public void The_relaxation_has_the_value_that_an_interior_point_finds(int variables, int clauses, int seed)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        Tensor weights = randn([variables, clauses], ScalarType.Float64, generator: generator);
        Tensor isFree = ones([1, variables], ScalarType.Bool), vectors = Random([1, variables, 16]);
        isFree[.., ..2] = false;
        double given = (vectors[0, 0] * vectors[0, 1]).sum().item<double>();
        MixingMethod.Run(new MixingSystem(MixingMethod.ProductsOf(weights), isFree, vectors), new MixingSettings { MaximumSweeps = 20_000, Tolerance = 1e-20 });

        var x = new Variable("X", variables, variables);
        ConvexProgram program = ConvexProgram.Minimize(
            Trace(Product(Matrix(weights.mm(weights.t())), x)), x.IsPositiveSemidefinite(), x.EqualTo(Transpose(x)), Diagonal(x).EqualTo(1), x[0, 1].EqualTo(given));
        double expected = program.Solve(new Dictionary<Parameter, Tensor>()).Objective.item<double>();
        Assert.AreEqual(expected, vectors[0].t().mm(weights).square().sum().item<double>(), 1e-6 * expected);

        static double[,] Matrix(Tensor tensor)
        {
            double[,] numbers = new double[tensor.shape[0], tensor.shape[1]];
            Buffer.BlockCopy(tensor.data<double>().ToArray(), 0, numbers, 0, sizeof(double) * numbers.Length);
            return numbers;
        }
    }

    [TestMethod]
    public void Every_vector_ends_at_unit_length_opposite_to_what_the_others_make_of_it()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor weights, Tensor isFree, Tensor vectors) = Problem(rows: 2, variables: 6, clauses: 4, ScalarType.Float64);
        Tensor given = vectors.clone();
        MixingOutcome outcome = MixingMethod.Run(new MixingSystem(MixingMethod.ProductsOf(weights), isFree, vectors), ToTheEnd);
        Tensor products = weights.mm(weights.t());
        Tensor g = (products - diag(products.diagonal())).matmul(vectors);
        Assert.IsTrue(vectors.norm(2).allclose(ones(2, 6, dtype: ScalarType.Float64)));
        Assert.IsTrue(where(isFree, outcome.Norms, g.norm(2)).allclose(g.norm(2), 1e-6, 1e-8));
        Tensor residual = (vectors * g.norm(2, keepdim: true)) + g;
        Assert.IsLessThan(1e-6, where(isFree.unsqueeze(2), residual, zeros_like(residual)).abs().max().item<double>());
        Assert.IsTrue(where(isFree.unsqueeze(2), given, vectors).allclose(given, 0, 0), "what is given stays");
    }

    [TestMethod]
    [DataRow(1, 3, 1)]
    [DataRow(5, 40, 33)]
    public void The_managed_sweeps_are_those_of_tensors(int rows, int variables, int clauses)
    {
        using DisposeScope scope = NewDisposeScope();
        var settings = new MixingSettings { MaximumSweeps = 6, Tolerance = 0 };
        (Tensor weights, Tensor isFree, Tensor start) = Problem(rows, variables, clauses, ScalarType.Float32);
        Tensor managed = start.clone(), tensors = start.clone();
        MixingOutcome expected = TensorMixing.Run(new MixingSystem(MixingMethod.ProductsOf(weights), isFree, tensors), settings, CancellationToken.None);
        MixingOutcome actual = ManagedMixing.Run(new MixingSystem(MixingMethod.ProductsOf(weights), isFree, managed), settings, CancellationToken.None);
        AssertClose(tensors, managed);
        AssertClose(expected.Norms, actual.Norms);
        Assert.IsTrue(expected.Readings.allclose(actual.Readings, 1e-2, 1e-7));

        var adjoint = new MixingAdjoint(tensors, expected.Norms, Random([rows, variables, 16]).to(ScalarType.Float32));
        Tensor managedAdjoint = zeros_like(start), tensorAdjoint = zeros_like(start);
        TensorMixing.Run(new MixingSystem(MixingMethod.ProductsOf(weights), isFree, tensorAdjoint, adjoint), settings, CancellationToken.None);
        ManagedMixing.Run(new MixingSystem(MixingMethod.ProductsOf(weights), isFree, managedAdjoint, adjoint), settings, CancellationToken.None);
        AssertClose(tensorAdjoint, managedAdjoint);
        Assert.IsTrue(isFree.unsqueeze(2).expand_as(start).logical_or(managedAdjoint == 0).all().item<bool>(), "what is given has no adjoint");
    }

    [TestMethod]
    public void A_row_ends_as_it_does_alone_and_in_every_unit_of_the_weights()
    {
        using DisposeScope scope = NewDisposeScope();
        var settings = new MixingSettings { MaximumSweeps = 1000 };
        (Tensor weights, Tensor isFree, Tensor start) = Problem(rows: 40, variables: 30, clauses: 25, ScalarType.Float32);
        Tensor together = start.clone(), alone = start[17..18].clone(), scaled = start.clone();
        MixingOutcome outcome = MixingMethod.Run(new MixingSystem(MixingMethod.ProductsOf(weights), isFree, together), settings);
        MixingOutcome single = MixingMethod.Run(new MixingSystem(MixingMethod.ProductsOf(weights), isFree[17..18], alone), settings);
        Assert.IsTrue(together[17].allclose(alone[0], 0, 0));
        Assert.IsTrue(outcome.Readings[17].allclose(single.Readings[0], 0, 0));
        MixingOutcome larger = MixingMethod.Run(new MixingSystem(MixingMethod.ProductsOf(weights * 1024), isFree, scaled), settings);
        Assert.IsTrue(together.allclose(scaled, 0, 0));
        Assert.IsTrue(outcome.Readings.allclose(larger.Readings, 0, 0));
        Assert.IsTrue((outcome.Readings[.., 0] < 1000).all().item<bool>());
    }

    [TestMethod]
    public void What_no_clause_mentions_stays_where_it_began()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            (Tensor weights, Tensor isFree, Tensor vectors) = Problem(rows: 2, variables: 6, clauses: 4, type);
            weights[4] = 0;
            Tensor start = vectors.clone();
            MixingMethod.Run(new MixingSystem(MixingMethod.ProductsOf(weights), isFree, vectors), new MixingSettings());
            Assert.IsTrue(vectors[.., 4].allclose(start[.., 4], 0, 0));
            Assert.IsFalse(vectors.isnan().any().item<bool>());
        }
    }

    private static (Tensor Weights, Tensor IsFree, Tensor Vectors) Problem(int rows, int variables, int clauses, ScalarType type)
    {
        using var generator = new Generator(7);
        Tensor isFree = rand([rows, variables], generator: generator) < 0.7;
        isFree[.., 0] = false;
        isFree[.., ^1] = true;
        return (randn([variables, clauses], generator: generator).to(type), isFree, Random([rows, variables, 16]).to(type));
    }

    private static Tensor Random(long[] shape)
    {
        using var generator = new Generator(3);
        Tensor vectors = randn(shape, ScalarType.Float64, generator: generator);
        return vectors / vectors.norm(2, keepdim: true);
    }

    private static void AssertClose(Tensor expected, Tensor actual) => Assert.IsTrue(expected.allclose(actual, 1e-3, 1e-3), $"{(expected - actual).abs().max().item<float>()}");
}
