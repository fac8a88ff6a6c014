using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Conic;

/// <summary>Programs that fall apart into small ones, whose matrices are full.</summary>
[TestClass]
public sealed class SparseProgramTests
{
    private const int Parts = 10;
    private const int Size = 7;

    [TestMethod]
    public void Solutions_and_gradients_of_a_sparse_program_are_those_of_its_parts()
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem parts = RandomConePrograms.Create(RandomConePrograms.EveryCone, Size, Parts, 7, seed: 5), whole = Join(parts);
        var data = new ConeData(whole, null);
        Assert.IsTrue(data.Structure?.IsWorthwhile);
        ConeSolution expected = new ConeSolver().Solve(parts), solution = new ConeSolver().Solve(whole);
        ConeCertificate.AssertOptimal(solution, 0, 1e-9);
        Assert.IsLessThanOrEqualTo(1e-8, (solution.X.flatten() - expected.X.flatten()).abs().max().item<double>());
        ConeGradients gradients = solution.Backward(ones(1, Parts * Size, ScalarType.Float64)), ofParts = expected.Backward(ones(Parts, Size, ScalarType.Float64));
        AssertClose(ofParts.Q, gradients.Q);
        AssertClose(ofParts.B, gradients.B);
    }

    [TestMethod]
    public void A_contradiction_in_a_part_is_found()
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem whole = Join(RandomConePrograms.Create([Cone.Nonnegative(6), Cone.SecondOrder(4)], Size, Parts, 0, seed: 6));

        // Of the first part: x₀ ≤ 0 and x₀ ≥ 1.
        Tensor a = whole.A.clone(), b = whole.B.clone();
        a[..2] = zeros(2, Parts * Size, ScalarType.Float64);
        (a[0, 0], a[1, 0], b[0], b[1]) = (tensor(1.0), tensor(-1.0), tensor(0.0), tensor(-1.0));
        ConeSolution solution = new ConeSolver().Solve(new ConeProblem(null, whole.Q, a, b, whole.Cones));
        Assert.AreEqual(SolveStatus.Infeasible, solution.Status[0], solution.Describe(0));
        ConeCertificate.AssertCertified(solution, 0, 1e-7);
    }

    [TestMethod]
    public void A_structure_is_analysed_once()
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem whole = Join(RandomConePrograms.Create(RandomConePrograms.EveryCone, Size, Parts, 7, seed: 5));
        SparseStructure first = new ConeData(whole, null).Structure!;
        Assert.AreSame(first, new ConeData(new ConeProblem(whole.P, whole.Q, whole.A * 2, whole.B, whole.Cones), first).Structure);
        Assert.AreNotSame(first, new ConeData(Join(RandomConePrograms.Create([Cone.Nonnegative(9)], Size, Parts, 7, seed: 5)), first).Structure);
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        double size = expected.abs().max().item<double>(), error = (actual.flatten() - expected.flatten()).abs().max().item<double>();
        Assert.IsLessThanOrEqualTo(1e-7 * size, error);
    }

    private static ConeProblem Join(ConeProblem parts) => new(
        parts.P is null ? null : block_diag([.. parts.P.unbind()]),
        parts.Q.flatten(),
        block_diag([.. parts.A.unbind()]),
        parts.B.flatten(),
        [.. Enumerable.Range(0, Parts).SelectMany(_ => parts.Cones)]);
}
