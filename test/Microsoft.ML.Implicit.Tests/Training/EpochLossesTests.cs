using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Training;

[TestClass]
public sealed class EpochLossesTests
{
    [TestMethod]
    public void Means_are_weighed_by_examples_in_double_precision()
    {
        using DisposeScope scope = NewDisposeScope();
        var losses = new EpochLosses(1, 300_000_001, CPU);
        losses.Add(tensor(1f), tensor(2f), 300_000_000);
        losses.Add(tensor(3.0, ScalarType.Float64), tensor(4f), 1);
        EpochReading reading = losses.Read(tensor(0.25f));
        Assert.AreEqual(300_000_003 / 300_000_001.0, reading.TrainingLosses[0], 1e-15);
        Assert.AreEqual(0.25, reading.ValidationLoss);
        Assert.AreEqual((3.0, 4.0), (reading.LatestLosses[0], reading.LatestNorms[0]));
        Assert.IsNull(losses.Read(null).ValidationLoss);
    }

    [TestMethod]
    [DataRow(float.NaN, 1f)]
    [DataRow(5f, float.PositiveInfinity)]
    public void The_first_step_that_is_not_finite_is_remembered(float loss, float norm)
    {
        using DisposeScope scope = NewDisposeScope();
        var losses = new EpochLosses(1, 4, CPU);
        losses.Add(tensor(1f), tensor(1f), 1);
        losses.Add(tensor(loss), tensor(norm), 1);
        losses.Add(tensor(2f), tensor(2f), 1);
        losses.Add(tensor(float.NaN), tensor(float.NaN), 1);
        EpochReading reading = losses.Read(null);
        Assert.AreEqual(((double)loss, (double)norm), (reading.LatestLosses[0], reading.LatestNorms[0]));
    }

    [TestMethod]
    public void Networks_that_are_trained_together_have_losses_of_their_own()
    {
        using DisposeScope scope = NewDisposeScope();
        var losses = new EpochLosses(2, 4, CPU);
        losses.Add(NativeTensor.Of([1f, 2f], [2]), NativeTensor.Of([3f, 4f], [2]), 3);
        losses.Add(NativeTensor.Of([5f, float.NaN], [2]), NativeTensor.Of([3f, 4f], [2]), 1);
        EpochReading reading = losses.Read(null);
        CollectionAssert.AreEqual(new[] { 2, double.NaN }, reading.TrainingLosses);
        CollectionAssert.AreEqual(new[] { 5, double.NaN }, reading.LatestLosses);
        CollectionAssert.AreEqual(new[] { 3.0, 4 }, reading.LatestNorms);
    }

    [TestMethod]
    public void Losses_with_a_graph_are_taken_without_it_and_nothing_is_left_behind()
    {
        using Tensor weight = ones(3, requires_grad: true);
        using DisposeScope scope = NewDisposeScope();
        var losses = new EpochLosses(1, 10, CPU);
        long before = scope.DisposablesCount;
        for (int step = 0; step < 10; step++)
        {
            using DisposeScope inner = NewDisposeScope();
            losses.Add((weight * weight).sum(), weight.norm(), 1);
        }

        Assert.AreEqual(before, scope.DisposablesCount);
        Assert.AreEqual(3, losses.Read(null).TrainingLosses[0], 1e-6);
    }
}
