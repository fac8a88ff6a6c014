using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Tests.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Quadratic;

[TestClass]
public class QuadraticProgramGradientTests
{
    [TestMethod]
    public void Gradients_through_autograd_match_an_independent_implementation()
    {
        using DisposeScope scope = NewDisposeScope();
        Golden golden = Golden.Load("qp_dense");
        string[] names = ["Q", "p", "G", "h", "A", "b"];
        Tensor[] x = [.. names.Select(n => golden[n].requires_grad_(true))];
        using var layer = new QuadraticProgram();

        QuadraticOutputs outputs = layer.forward(new QuadraticProblem(x[0], x[1], x[2], x[3], x[4], x[5]));
        ImplicitBackward.Run(() => (outputs.Z * golden["c"]).sum().backward());

        golden.AssertMatches("z", outputs.Z, 1e-7);
        golden.AssertMatches("lam", outputs.Lambda, 1e-7);
        golden.AssertMatches("nu", outputs.Nu, 1e-7);
        for (int i = 0; i < names.Length; i++)
        {
            golden.AssertMatches("grad_" + names[i], x[i].grad!, 1e-7);
        }
    }

    [TestMethod]
    [DataRow(false, false, false)]
    [DataRow(true, false, false)]
    [DataRow(false, true, false)]
    [DataRow(false, false, true)]
    [DataRow(true, false, true)]
    public void Every_gradient_of_every_output_agrees_with_finite_differences(bool sharedMatrices, bool sharedVectors, bool bySplitting)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 3, batch: sharedVectors ? 1 : 2, n: 5, m: 4, k: 2, bounds: true, sharedMatrices);
        for (int i = 1; sharedVectors && i < x.Length; i += i < 5 ? 2 : 1)
        {
            x[i] = x[i]!.squeeze(0);
        }

        foreach (Tensor? argument in x)
        {
            argument!.requires_grad_(true);
        }

        using var layer = new QuadraticProgram(bySplitting ? new OperatorSplittingSolver() : new InteriorPointSolver());
        Tensor loss = Loss(layer.forward(RandomPrograms.Problem(x)));
        ImplicitBackward.Run(() => loss.backward());

        for (int i = 0; i < x.Length; i++)
        {
            Tensor expected = FiniteDifferences(layer, x, i);
            if (i == 0)
            {
                expected = (expected + expected.transpose(-1, -2)) / 2;
            }

            double error = (x[i]!.grad! - expected).abs().max().item<double>();
            Assert.IsLessThanOrEqualTo(2e-5 * (1 + expected.abs().max().item<double>()), error, $"{(QuadraticArguments)(1 << i)}: {error:E2}");
        }
    }

    // Weights that differ from entry to entry, so that no gradient cancels.
    private static Tensor Loss(QuadraticOutputs outputs) =>
        new[] { outputs.Z, outputs.Lambda, outputs.Nu, outputs.LowerMultipliers!, outputs.UpperMultipliers! }
            .Select((output, i) => (output * (arange(output.numel(), ScalarType.Float64) + i).sin().view(output.shape)).sum())
            .Aggregate((sum, term) => sum + term);

    private static Tensor FiniteDifferences(QuadraticProgram layer, Tensor?[] x, int argument)
    {
        const double Step = 1e-5;
        Tensor values = x[argument]!.detach();
        Tensor result = zeros_like(values);
        using IDisposable noGrad = no_grad();
        for (long j = 0; j < values.numel(); j++)
        {
            result.view(-1)[j] = (Perturbed(j, Step) - Perturbed(j, -Step)) / (2 * Step);
        }

        return result;

        double Perturbed(long entry, double change)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor?[] moved = [.. x];
            moved[argument] = values.clone();
            moved[argument]!.view(-1)[entry] += change;
            return Loss(layer.forward(RandomPrograms.Problem(moved))).item<double>();
        }
    }
}
