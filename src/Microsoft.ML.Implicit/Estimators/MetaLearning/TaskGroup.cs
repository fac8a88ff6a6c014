using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Tasks of about as many rows, side by side; where a task has fewer rows than another, rows of weight 0 take their places.</summary>
/// <param name="Tasks">Which tasks these are, int64 <c>[tasks]</c>.</param>
/// <param name="Features"><c>[tasks, rows, features + 1]</c>.</param>
/// <param name="Targets"><c>[tasks, rows, outputs]</c>.</param>
/// <param name="Weights"><c>[tasks, rows]</c>.</param>
internal sealed record TaskGroup(Tensor Tasks, Tensor Features, Tensor Targets, Tensor Weights)
{
    // Numbers of features and of a matrix for each task that are in memory at once, in the order of 100 MB.
    private const long LargestSize = 1 << 24;

    public long Count => Features.shape[0];

    public long RowCount => Features.shape[1];

    /// <summary>Every task in one of the groups.</summary>
    public static TaskGroup[] Of(TaskRows rows)
    {
        int[][] members = rows.Members();
        return [.. Enumerable.Range(0, members.Length)
            .GroupBy(task => (int)Math.Ceiling(Math.Log2(Math.Max(1, members[task].Length))))
            .SelectMany(alike => alike.Chunk(MostTasks(rows.Rows, alike.Max(task => members[task].Length))))
            .Select(tasks => Of(rows.Rows, tasks, members))];
    }

    /// <summary>The weighted losses of each task's rows, <c>[tasks]</c>.</summary>
    /// <param name="loss">Loss of a row.</param>
    /// <param name="weights"><c>[tasks, features + 1, outputs]</c>.</param>
    public Tensor Losses(LinearLoss loss, Tensor weights) =>
        (loss.Losses(Features.bmm(weights).flatten(0, 1), Targets.flatten(0, 1)).view(Weights.shape) * Weights).sum(1);

    private static int MostTasks(LinearRows rows, long count)
    {
        long width = rows.Features.shape[1], matrix = rows.Targets.shape[1] * Math.Min(count, width);
        return (int)Math.Max(1, LargestSize / ((count * width) + (matrix * matrix) + 1));
    }

    private static TaskGroup Of(LinearRows rows, int[] tasks, int[][] members)
    {
        int count = Math.Max(1, tasks.Max(task => members[task].Length));
        long[] places = [.. tasks.SelectMany(task => Padded(members[task], count))];
        Tensor indices = NativeTensor.Of(Array.ConvertAll(places, place => Math.Max(0, place)), [places.Length]);
        Tensor isRow = NativeTensor.Of(Array.ConvertAll(places, place => place < 0 ? 0.0 : 1), [places.Length]);
        LinearRows selected = rows.Select(indices);
        long[] shape = [tasks.Length, count];
        return new TaskGroup(
            NativeTensor.Of(Array.ConvertAll(tasks, task => (long)task), [tasks.Length]),
            selected.Features.view([.. shape, -1]),
            selected.Targets.view([.. shape, -1]),
            (selected.Weights * isRow).view(shape));
    }

    private static IEnumerable<long> Padded(int[] rows, int count) => rows.Select(row => (long)row).Concat(Enumerable.Repeat(-1L, count - rows.Length));
}
