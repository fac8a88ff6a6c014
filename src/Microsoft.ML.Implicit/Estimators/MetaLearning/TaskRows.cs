using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Rows of several tasks.</summary>
/// <param name="Rows">The rows as a linear model reads them.</param>
/// <param name="Tasks">The task of each row, int64 <c>[rows]</c>.</param>
/// <param name="TaskCount">Number of tasks; one may have no row.</param>
internal sealed record TaskRows(LinearRows Rows, Tensor Tasks, long TaskCount)
{
    /// <summary>Some of the rows, as rows of tasks that are counted anew.</summary>
    /// <param name="rows">Their indices, int64.</param>
    /// <param name="tasks">The task of each.</param>
    /// <param name="taskCount">Number of tasks.</param>
    public TaskRows Select(Tensor rows, Tensor tasks, long taskCount) => new(Rows.Select(rows), tasks, taskCount);

    /// <summary>The weighted losses of each task's rows at weights of its own, <c>[tasks]</c>, with a graph to them.</summary>
    /// <param name="loss">Loss of a row.</param>
    /// <param name="weights"><c>[tasks, features + 1, outputs]</c>.</param>
    public Tensor Losses(LinearLoss loss, Tensor weights)
    {
        Tensor outputs = (Rows.Features.unsqueeze(2) * weights.index_select(0, Tasks)).sum(1);
        return PerTask(loss.Losses(outputs, Rows.Targets) * Rows.Weights);
    }

    /// <summary>Sums over the rows of each task, <c>[tasks]</c>.</summary>
    /// <param name="values"><c>[rows]</c>.</param>
    public Tensor PerTask(Tensor values) => zeros([TaskCount], ScalarType.Float64).index_add(0, Tasks, values, 1.0.Held());
}
