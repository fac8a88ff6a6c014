using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>
/// All of f(z, x) that does not depend on z: what the input contributes, dropout masks, normalised weights. It is
/// computed once a solve, so that an iteration does no more than it must.
/// </summary>
/// <param name="rows">Tensors whose first dimension is the batch.</param>
/// <param name="shared">Tensors that all rows share.</param>
public sealed class Injection(IReadOnlyList<Tensor> rows, IReadOnlyList<Tensor> shared)
{
    /// <summary>Wraps one tensor [batch, ...], for cells with nothing to share.</summary>
    /// <param name="rows">A tensor whose first dimension is the batch.</param>
    public Injection(Tensor rows)
        : this([rows], [])
    {
    }

    /// <summary>Tensors whose first dimension is the batch.</summary>
    public IReadOnlyList<Tensor> Rows { get; } = NotNull(rows, nameof(rows));

    /// <summary>Tensors that all rows share.</summary>
    public IReadOnlyList<Tensor> Shared { get; } = NotNull(shared, nameof(shared));

    internal Injection Detach() => new([.. Rows.Select(t => t.detach())], [.. Shared.Select(t => t.detach())]);

    private static IReadOnlyList<Tensor> NotNull(IReadOnlyList<Tensor> tensors, string name)
    {
        ArgumentNullException.ThrowIfNull(tensors, name);
        return tensors.All(tensor => tensor is not null) ? tensors : throw new ArgumentNullException(name, "A tensor of the injection is null.");
    }

    internal Injection SelectRows(Tensor rows) => new([.. Rows.Select(t => t.index_select(0, rows))], Shared);
}
