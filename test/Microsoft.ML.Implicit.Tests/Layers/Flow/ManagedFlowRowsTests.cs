using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Flow.Managed;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Flow;

[TestClass]
public sealed class ManagedFlowRowsTests
{
    [TestMethod]
    [DataRow(1e-4)]
    [DataRow(0.3)]
    [DataRow(5.0)]
    public void A_first_step_that_is_given_changes_no_density_beyond_the_tolerance(double firstStep)
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(5);
        var flow = new NormalizingFlow(new MlpDynamics(2, [9, 6], seed, time: TimeConditioning.Concatenate), new FlowOptions());
        Tensor x = randn([3, 2], generator: seed);
        using ManagedPerceptronFlow managed = flow.CreateManaged()!;
        using var rows = new ManagedFlowRows(managed, OdeMethods.Dopri5, new PiStepControl(), 100, 3);
        float[] expected = Solve(null), actual = Solve(firstStep);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], 1e-5f);
        }

        unsafe float[] Solve(double? step)
        {
            for (int row = 0; row < 3; row++)
            {
                x[row].data<float>().ToArray().CopyTo(rows.Row(row));
            }

            Assert.IsTrue(rows.Solve(3, null, 0, 1e-6, step));
            Assert.IsTrue(rows.UsualStep is > 0 and <= 1);
            return [.. Enumerable.Range(0, 3).SelectMany(row => rows.Row(row).ToArray())];
        }
    }
}
