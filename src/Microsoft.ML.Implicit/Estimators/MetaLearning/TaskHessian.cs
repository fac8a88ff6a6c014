using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The Hessian Λ + YᵀY of what each task minimises, in closed form, where Y is the product of the features and a root of each row's curvature.</summary>
internal sealed class TaskHessian : Linearization
{
    private readonly TaskGroup _group;
    private readonly Tensor _distances;
    private readonly Tensor _roots;
    private readonly bool[] _wanted;

    /// <param name="optimality">What it is the derivative of.</param>
    /// <param name="group">Tasks.</param>
    /// <param name="loss">Loss of a row.</param>
    /// <param name="weights">Where it stands, <c>[tasks, features + 1, outputs]</c>.</param>
    /// <param name="shared">m, <c>[features + 1, outputs]</c>.</param>
    /// <param name="logPenalties">log λ, <c>[features + 1]</c>.</param>
    public TaskHessian(TaskOptimality optimality, TaskGroup group, LinearLoss loss, Tensor weights, Tensor shared, Tensor logPenalties)
        : base(weights)
    {
        using IDisposable noGraph = no_grad();
        _group = group;
        _wanted = [shared.requires_grad, logPenalties.requires_grad];
        _distances = weights - shared;
        Penalties = logPenalties.exp().unsqueeze(1);
        Value = optimality.Evaluate(weights, [shared, logPenalties]).flatten(1);
        _roots = loss.CurvatureRoots(group.Features.bmm(weights).flatten(0, 1)).view(group.Count, group.RowCount, OutputCount, OutputCount)
            * group.Weights.sqrt().view(group.Count, group.RowCount, 1, 1);
    }

    public override Tensor Value { get; }

    public override OperatorTraits Traits => OperatorTraits.PositiveDefinite;

    /// <summary>λ, <c>[features + 1, 1]</c>.</summary>
    public Tensor Penalties { get; }

    /// <summary>Rows of Y.</summary>
    public long RootRows => _group.RowCount * OutputCount;

    private long OutputCount => _distances.shape[2];

    public override Tensor Apply(Tensor vector) => (Penalties * vector.view(_distances.shape)).flatten(1).PlusInPlace(ApplyRootTransposed(ApplyRoot(vector)));

    public override Tensor ApplyTransposed(Tensor vector) => Apply(vector);

    /// <summary>Y v, <c>[tasks, rows of Y]</c>.</summary>
    public Tensor ApplyRoot(Tensor vector) => _roots.transpose(2, 3).matmul(_group.Features.bmm(vector.view(_distances.shape)).unsqueeze(3)).flatten(1);

    /// <summary>Yᵀ v, <c>[tasks, weights]</c>.</summary>
    public Tensor ApplyRootTransposed(Tensor vector) =>
        _group.Features.transpose(1, 2).bmm(_roots.matmul(vector.view(_group.Count, _group.RowCount, OutputCount, 1)).squeeze(3)).flatten(1);

    /// <summary>I + Y Λ⁻¹ Yᵀ, <c>[tasks, rows of Y, rows of Y]</c>: a Gram matrix of the rows for each pair of outputs.</summary>
    public Tensor DualDense()
    {
        long count = _group.Count, rows = _group.RowCount, outputs = OutputCount;
        Tensor gram = (_group.Features / Penalties.squeeze(1)).bmm(_group.Features.transpose(1, 2)).view(count, rows, 1, rows, 1);
        Tensor columns = _roots.transpose(2, 3).reshape(count, RootRows, outputs);
        Tensor pairs = columns.bmm(columns.transpose(1, 2)).view(count, rows, outputs, rows, outputs);
        Tensor dense = (pairs * gram).view(count, RootRows, RootRows);
        dense.diagonal(0, 1, 2).PlusInPlace(1.Held());
        return dense;
    }

    /// <summary>A Gram matrix of the features for each pair of outputs.</summary>
    public override Tensor Dense()
    {
        long width = _distances.shape[1], outputs = OutputCount;
        Tensor curvature = _roots.matmul(_roots.transpose(2, 3)), dense = zeros([Rows, width, outputs, width, outputs], Type);
        for (long i = 0; i < outputs; i++)
        {
            for (long j = 0; j < outputs; j++)
            {
                Tensor weighted = _group.Features * curvature.select(3, j).select(2, i).unsqueeze(2);
                dense.select(4, j).select(2, i).copy_(weighted.transpose(1, 2).bmm(_group.Features));
            }
        }

        dense = dense.view(Rows, Width, Width);
        dense.diagonal(0, 1, 2).PlusInPlace(Penalties.expand(width, outputs).flatten());
        return dense;
    }

    public override IReadOnlyList<Tensor?> PullbackInputs(Tensor cotangent)
    {
        Tensor penalized = Penalties * cotangent.view(_distances.shape);
        return [_wanted[0] ? penalized.sum([0]).neg() : null, _wanted[1] ? (penalized * _distances).sum([0, 2]) : null];
    }
}
