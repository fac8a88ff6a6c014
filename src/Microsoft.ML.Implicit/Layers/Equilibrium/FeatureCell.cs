using Microsoft.ML.Implicit.Layers.Equilibrium.Managed;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>A cell whose equilibrium is read out as features, on which a linear head predicts.</summary>
public abstract class FeatureCell : EquilibriumCell
{
    private Tensor[]? _frozen;

    /// <summary>Creates the cell.</summary>
    /// <param name="name">Name of the module.</param>
    /// <param name="featureWidth">Width of the features.</param>
    protected FeatureCell(string name, int featureWidth)
        : base(name) => FeatureWidth = featureWidth;

    /// <summary>Width of the features.</summary>
    public int FeatureWidth { get; }

    /// <summary>
    /// Computes the normalised weights once, for scoring row by row with no graph in evaluation mode. Call it again after
    /// the parameters have changed or moved to another device.
    /// </summary>
    public void Freeze()
    {
        using IDisposable noGraph = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Thaw();
        _frozen = [.. LimitWeights().Select(weight => weight.DetachFromDisposeScope())];
    }

    /// <summary>Reads features out of an equilibrium.</summary>
    /// <param name="z">Equilibrium [batch, ...].</param>
    /// <returns>Features [batch, <see cref="FeatureWidth"/>].</returns>
    public abstract Tensor Readout(Tensor z);

    /// <summary>
    /// A copy of the frozen cell in managed memory, which the caller disposes of, or <see langword="null"/> where there is none for such cells or tensor
    /// operations serve it better. What it reads out of an equilibrium is the equilibrium itself.
    /// </summary>
    /// <param name="code">How inputs will be given.</param>
    internal virtual ManagedCell? CreateManaged(InputCode code) => null;

    /// <summary>The recurrent weights, scaled so that f is a contraction.</summary>
    protected internal IReadOnlyList<Tensor> LimitedWeights => _frozen is not null && !training && !is_grad_enabled() ? _frozen : LimitWeights();

    /// <summary>Scales the recurrent weights so that f is a contraction, differentiable in the parameters.</summary>
    protected abstract IReadOnlyList<Tensor> LimitWeights();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Thaw();
        }

        base.Dispose(disposing);
    }

    private void Thaw()
    {
        foreach (Tensor weight in _frozen ?? [])
        {
            weight.Dispose();
        }

        _frozen = null;
    }
}
