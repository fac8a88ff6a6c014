using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Conic;

[TestClass]
public sealed class ConeGoldenTests
{
    [TestMethod]
    public void Solutions_slacks_and_multipliers_are_those_of_reference_programs()
    {
        foreach (ConeGolden golden in ConeGolden.Load())
        {
            using DisposeScope scope = NewDisposeScope();
            ConeSolution solution = new ConeSolver().Solve(golden.Problem());

            ConeCertificate.AssertOptimal(solution, 0, 1e-9);
            AssertClose(golden, "x", solution.X, 1e-8);
            AssertClose(golden, "s", solution.S, 1e-8);
            AssertClose(golden, "y", solution.Y, 1e-8);
        }
    }

    [TestMethod]
    public void Gradients_are_those_of_reference_programs()
    {
        foreach (ConeGolden golden in ConeGolden.Load())
        {
            using DisposeScope scope = NewDisposeScope();
            ConeSolution solution = new ConeSolver().Solve(golden.Problem());

            ConeGradients gradients = solution.Backward(golden["c"].unsqueeze(0));

            AssertClose(golden, "grad_P", gradients.P!, 1e-7);
            AssertClose(golden, "grad_q", gradients.Q, 1e-7);
            AssertClose(golden, "grad_A", gradients.A, 1e-7);
            AssertClose(golden, "grad_b", gradients.B, 1e-7);
        }
    }

    private static void AssertClose(ConeGolden golden, string name, Tensor actual, double tolerance)
    {
        Tensor expected = golden[name];
        double error = (actual.reshape(expected.shape) - expected).abs().max().item<double>() / Math.Max(1, expected.abs().max().item<double>());
        Assert.IsLessThanOrEqualTo(tolerance, error, $"{name} of {golden.Name}");
    }
}
