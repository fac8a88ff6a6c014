using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>Vector-Jacobian products by autograd, all on one graph of a single evaluation of the cell.</summary>
internal sealed class AutogradCellLinearization : CellLinearization
{
    private readonly EquilibriumCell _cell;
    private readonly Injection _injection;
    private readonly Tensor _z;
    private readonly Tensor _image;

    /// <param name="cell">The cell.</param>
    /// <param name="injection">Its injection; a graph that reaches beyond it is left alone.</param>
    /// <param name="z">State that requires a gradient.</param>
    /// <param name="image">f(z) with its graph.</param>
    private AutogradCellLinearization(EquilibriumCell cell, Injection injection, Tensor z, Tensor image)
    {
        _cell = cell;
        _injection = injection;
        _z = z;
        _image = image;
    }

    public static AutogradCellLinearization Create(EquilibriumCell cell, Tensor z, Injection injection)
    {
        using IDisposable graph = enable_grad();
        Tensor leaf = z.detach().requires_grad_();
        return OnGraph(cell, injection.Detach(), leaf, cell.IterateChecked(leaf, injection.Detach()));
    }

    public static AutogradCellLinearization OnGraph(EquilibriumCell cell, Injection injection, Tensor z, Tensor image) => new(cell, injection, z, image);

    public override Tensor VectorJacobianProduct(Tensor vector)
    {
        Tensor? product = _image.requires_grad ? GuardedAutograd.Pullback([_image], [_z], [vector], $"the cell {_cell.GetName()}", retainGraph: true)[0] : null;
        return product ?? zeros_like(vector);
    }

    public override CellLinearization SelectRows(Tensor rows) => Create(_cell, _z.index_select(0, rows), _injection.SelectRows(rows));
}
