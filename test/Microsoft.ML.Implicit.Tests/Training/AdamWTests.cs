using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Training;

[TestClass]
public class AdamWTests
{
    [TestMethod]
    public void Steps_are_those_of_torch()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = linspace(-1, 2, 12, ScalarType.Float64).reshape(3, 4);
        using var ours = new Parameter(start.clone());
        using var theirs = new Parameter(start.clone());
        using var optimizer = new Implicit.Training.AdamW([ours], weightDecay: 0.1);
        using TorchSharp.Modules.AdamW reference = optim.AdamW([theirs], lr: 0.05, weight_decay: 0.1);
        for (int step = 0; step < 20; step++)
        {
            optimizer.ZeroGradients();
            reference.zero_grad();
            ours.pow(4).sum().backward();
            theirs.pow(4).sum().backward();
            optimizer.Step(0.05);
            reference.step();
        }

        Assert.IsLessThan(1e-12, (ours - theirs).abs().max().item<double>());
    }

    [TestMethod]
    public void Large_gradients_are_scaled_to_the_maximum_norm()
    {
        using DisposeScope scope = NewDisposeScope();
        using var first = new Parameter(tensor(new[] { 3.0 }));
        using var second = new Parameter(tensor(new[] { 4.0 }));
        using var optimizer = new Implicit.Training.AdamW([first, second], weightDecay: 0);
        (first.square().sum() + second.square().sum()).backward();
        Assert.AreEqual(10, optimizer.ClipGradients(1), 1e-12);
        Assert.AreEqual(0.6, first.grad!.item<double>(), 1e-12);
        Assert.AreEqual(0.8, second.grad!.item<double>(), 1e-12);
        Assert.AreEqual(1, optimizer.ClipGradients(5), 1e-12, "a smaller norm is left alone");
    }

    [TestMethod]
    public void Steps_leave_no_tensors_behind()
    {
        using var parameter = new Parameter(ones(3, 3));
        using var optimizer = new Implicit.Training.AdamW([parameter], weightDecay: 0.1);
        using DisposeScope scope = NewDisposeScope();
        parameter.square().sum().backward();
        int before = scope.DisposablesCount;
        optimizer.ClipGradients(1);
        optimizer.Step(0.1);
        Assert.IsLessThanOrEqualTo(before + 1, scope.DisposablesCount);
    }
}
