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
    public IReadOnlyList<Tensor> Rows { get; } = rows;

    /// <summary>Tensors that all rows share.</summary>
    public IReadOnlyList<Tensor> Shared { get; } = shared;

    internal Injection Detach() => new([.. Rows.Select(t => t.detach())], [.. Shared.Select(t => t.detach())]);

    internal Injection SelectRows(Tensor rows) => new([.. Rows.Select(t => t.index_select(0, rows))], Shared);
}
