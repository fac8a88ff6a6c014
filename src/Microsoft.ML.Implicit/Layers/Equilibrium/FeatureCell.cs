using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>A cell whose equilibrium is read out as features, on which a linear head predicts.</summary>
public abstract class FeatureCell : EquilibriumCell
{
    /// <summary>Creates the cell.</summary>
    /// <param name="name">Name of the module.</param>
    /// <param name="featureWidth">Width of the features.</param>
    protected FeatureCell(string name, int featureWidth)
        : base(name) => FeatureWidth = featureWidth;

    /// <summary>Width of the features.</summary>
    public int FeatureWidth { get; }

    /// <summary>Reads features out of an equilibrium.</summary>
    /// <param name="z">Equilibrium [batch, ...].</param>
    /// <returns>Features [batch, <see cref="FeatureWidth"/>].</returns>
    public abstract Tensor Readout(Tensor z);
}
