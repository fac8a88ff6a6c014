using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Tasks in groups of about as many rows each.</summary>
internal sealed class GroupedTasks
{
    private readonly Tensor _places;

    /// <summary>Creates them; their tensors belong to the current dispose scope.</summary>
    /// <param name="rows">Rows of the tasks.</param>
    public GroupedTasks(TaskRows rows)
    {
        Groups = TaskGroup.Of(rows);
        _places = cat([.. Groups.Select(group => group.Tasks)]).argsort();
    }

    public IReadOnlyList<TaskGroup> Groups { get; }

    /// <summary>What was found of each group, in the order of the tasks.</summary>
    public Tensor Join(IEnumerable<Tensor> parts) => cat([.. parts]).index_select(0, _places);

    /// <summary>The weighted losses of each task's rows at weights of its own, <c>[tasks]</c>, with a graph to them.</summary>
    /// <param name="loss">Loss of a row.</param>
    /// <param name="weights"><c>[tasks, features + 1, outputs]</c>.</param>
    public Tensor Losses(LinearLoss loss, Tensor weights) => Join(Groups.Select(group => group.Losses(loss, weights.index_select(0, group.Tasks))));

    /// <summary>The sum of the example weights of each task, <c>[tasks]</c>.</summary>
    public Tensor Weights() => Join(Groups.Select(group => group.Weights.sum(1)));
}
