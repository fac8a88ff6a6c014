using Microsoft.ML.Implicit.Estimators;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.MetaLearning;

/// <summary>Adapting to tasks, and its gradient in the meta-parameters.</summary>
[TestClass]
public sealed class MetaLearningTests
{
    private const int TaskCount = 4;
    private const int RowsPerTask = 6;

    [TestMethod]
    public void The_weights_of_a_task_are_those_of_the_normal_equations()
    {
        using DisposeScope scope = NewDisposeScope();
        TaskRows rows = Rows(new SquaredLoss(0.1, 1.3));
        Tensor shared = tensor(new[] { 0.5, -1, 0.2 }).unsqueeze(1), logPenalties = tensor(new[] { -1, 0.5, 2 });
        Tensor adapted = new TaskAdaptation(new SquaredLoss(0.1, 1.3), new GroupedTasks(rows)).Adapt(shared, logPenalties, zeros([TaskCount, 3, 1], ScalarType.Float64), CancellationToken.None).Weights;
        Tensor penalty = logPenalties.exp().diag();
        for (long task = 0; task < TaskCount; task++)
        {
            Tensor own = rows.Tasks.eq(task).nonzero().squeeze(1);
            Tensor x = rows.Rows.Features[own], y = rows.Rows.Targets[own];
            Tensor expected = linalg.solve(x.t().mm(x) + penalty, x.t().mm(y) + penalty.mm(shared));
            Assert.IsLessThan(1e-8, (adapted[task] - expected).abs().max().item<double>());
        }
    }

    [TestMethod]
    [DataRow("numbers", 2)]
    [DataRow("two classes", 2)]
    [DataRow("three classes", 2)]
    [DataRow("numbers", 15)]
    [DataRow("two classes", 15)]
    [DataRow("three classes", 15)]
    public void The_gradient_of_the_meta_parameters_is_that_of_finite_differences(string labels, int features)
    {
        using DisposeScope scope = NewDisposeScope();
        LinearLoss loss = labels switch { "numbers" => new SquaredLoss(0.1, 1.3), "two classes" => new LogisticLoss(), _ => new SoftmaxLoss(3) };
        TaskSplits splits = TaskSplits.Draw(Rows(loss, features), ["a", "b", "c", "d"], seed: 1);
        var learning = new Implicit.Estimators.MetaLearning(loss, splits, new MetaLearnedLinearOptions(), CancellationToken.None);
        Tensor v = randn([(features + 1) * (loss.OutputCount + 1)], ScalarType.Float64, generator: new Generator(5)) * 0.3;
        learning.Evaluate(v);
        Tensor slope = learning.Differentiate(v).clone();
        for (long i = 0; i < v.shape[0]; i += features / 2)
        {
            const double step = 1e-5;
            Tensor change = zeros_like(v);
            change[i] = step;
            double expected = (learning.Evaluate(v + change).Objective - learning.Evaluate(v - change).Objective) / (2 * step);
            Assert.AreEqual(expected, slope[i].item<double>(), 1e-7 * Math.Max(1, Math.Abs(expected)), $"meta-parameter {i}");
        }
    }

    [TestMethod]
    public void Adapting_to_tasks_of_unequal_sizes_leaves_no_slope_in_any()
    {
        using DisposeScope scope = NewDisposeScope();
        TaskRows all = Rows(new SoftmaxLoss(3), featureCount: 8);

        // All rows of the first task, none of the last, and of the others one and three.
        Tensor kept = tensor(new long[] { 0, 1, 2, 3, 4, 5, 6, 12, 13, 14 });
        TaskRows rows = all.Select(kept, all.Tasks.index_select(0, kept), TaskCount);
        var loss = new SoftmaxLoss(3);
        Tensor shared = randn([9, 3], ScalarType.Float64, generator: new Generator(6)), logPenalties = linspace(-2, 1, 9, ScalarType.Float64);
        Tensor weights = new TaskAdaptation(loss, new GroupedTasks(rows)).Adapt(shared, logPenalties, zeros([TaskCount, 9, 3], ScalarType.Float64), CancellationToken.None).Weights;
        for (long task = 0; task < TaskCount; task++)
        {
            Tensor own = rows.Tasks.eq(task).nonzero().squeeze(1), variable = weights[task].detach().clone().requires_grad_();
            Tensor losses = loss.Losses(rows.Rows.Features[own].mm(variable), rows.Rows.Targets[own]).sum();
            (losses + (0.5 * (logPenalties.exp().unsqueeze(1) * (variable - shared).square()).sum())).backward();
            Assert.IsLessThan(1e-9, variable.grad!.abs().max().item<double>(), $"task {task}");
        }

        Assert.IsTrue(weights[3].allclose(shared, 1e-12, 1e-12));
    }

    [TestMethod]
    public void Parts_of_a_task_do_not_depend_on_the_others_and_predict_rows_not_adapted_to()
    {
        using DisposeScope scope = NewDisposeScope();
        TaskRows rows = Rows(new SquaredLoss(0, 1));
        TaskSplits splits = TaskSplits.Draw(rows, ["a", "b", "c", "d"], seed: 1);

        // None, one, two and four of six rows.
        Assert.AreEqual(4 * TaskCount, splits.Support.TaskCount);
        CollectionAssert.AreEqual(new long[] { 0, 1, 2, 4 }, splits.Support.Tasks.bincount(null, 16).data<long>().Take(4).ToArray());
        CollectionAssert.AreEqual(new long[] { 6, 5, 4, 2 }, splits.Query.Tasks.bincount(null, 16).data<long>().Take(4).ToArray());
        Assert.AreEqual(1, splits.Shares.sum().item<double>(), 1e-12);

        Tensor order = tensor(Enumerable.Range(0, TaskCount).Reverse().SelectMany(task => Enumerable.Range(task * RowsPerTask, RowsPerTask)).Select(row => (long)row).ToArray());
        TaskSplits turned = TaskSplits.Draw(rows.Select(order, 3 - rows.Tasks.index_select(0, order), TaskCount), ["d", "c", "b", "a"], seed: 1);
        Tensor expected = splits.Support.Rows.Features[splits.Support.Tasks.lt(4)], found = turned.Support.Rows.Features[turned.Support.Tasks.ge(12)];
        Assert.AreEqual(0, (found - expected).abs().max().item<double>());
    }

    private static TaskRows Rows(LinearLoss loss, int featureCount = 2)
    {
        var generator = new Generator(2);
        const long count = TaskCount * RowsPerTask;
        Tensor features = randn([count, featureCount], ScalarType.Float64, generator: generator);
        Tensor tasks = arange(TaskCount, ScalarType.Int64).repeat_interleave(RowsPerTask);
        Tensor scores = features.sum(1) + tasks + randn([count], ScalarType.Float64, generator: generator) - 1.5;
        Tensor labels = loss switch { SquaredLoss => scores, LogisticLoss => scores.gt(0), _ => scores.gt(-1).to(ScalarType.Int64) + scores.gt(1) };
        var rows = new LinearRows(cat([features, ones([count, 1], ScalarType.Float64)], 1), loss.Targets(labels.to(ScalarType.Float32)), ones([count], ScalarType.Float64));
        return new TaskRows(rows, tasks, TaskCount);
    }
}
