using Microsoft.ML.Implicit.Estimators;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.Distillation;

/// <summary>The gradient through training on the rows that are learned, units of their own included.</summary>
[TestClass]
public sealed class LinearDistillationTests
{
    [TestMethod]
    [DataRow("numbers", false)]
    [DataRow("numbers", true)]
    [DataRow("two classes", true)]
    [DataRow("three classes", false)]
    public void It_is_that_of_finite_differences(string labels, bool weighs)
    {
        using DisposeScope scope = NewDisposeScope();
        var generator = new Generator(3);
        Tensor features = randn([40, 3], ScalarType.Float64, generator: generator);
        Tensor scores = features.sum(1) + randn([40], ScalarType.Float64, generator: generator);
        LinearLoss loss = labels switch { "numbers" => new SquaredLoss(0.2, 1.5), "two classes" => new LogisticLoss(), _ => new SoftmaxLoss(3) };
        Tensor targets = loss.Targets(labels switch
        {
            "numbers" => scores.to(ScalarType.Float32),
            "two classes" => scores.gt(0).to(ScalarType.Float32),
            _ => (scores.gt(-0.5).to(ScalarType.Float32) + scores.gt(0.5)).to(ScalarType.Float32),
        });
        var rows = new LinearRows(cat([features, ones([40, 1], ScalarType.Float64)], 1), targets, ones([40], ScalarType.Float64));
        using var problem = new LinearProblem(loss, rows);
        Tensor penalties = tensor(new[] { 0.01, 0.02, 0.03, 0 });
        var distillation = new LinearDistillation(problem, penalties, weighs, new RowDistillationOptions { Count = 5 }, CancellationToken.None);
        Tensor v = tensor(distillation.Start);
        distillation.Evaluate(v);
        Tensor slope = distillation.Differentiate(v);
        for (long i = 0; i < v.shape[0]; i++)
        {
            const double step = 1e-5;
            Tensor change = zeros_like(v);
            change[i] = step;
            double expected = (distillation.Evaluate(v + change).Objective - distillation.Evaluate(v - change).Objective) / (2 * step);
            Assert.AreEqual(expected, slope[i].item<double>(), 1e-5, $"number {i}");
        }
    }
}
