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

    /// <summary>The places of each task's rows.</summary>
    public int[][] Members()
    {
        ILookup<long, int> places = Tasks.data<long>().ToArray().Index().ToLookup(row => row.Item, row => row.Index);
        return [.. Enumerable.Range(0, (int)TaskCount).Select(task => places[task].ToArray())];
    }
}
