using Microsoft.ML.Implicit.Layers.Equilibrium.Managed;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.FixedPoint;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A frozen <see cref="DeepEquilibriumNetwork"/> in managed memory.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="Settings">How its equilibrium is found.</param>
/// <param name="Head">From the equilibrium to the outputs.</param>
/// <param name="OutputWidth">Number of outputs.</param>
internal sealed record ManagedNetwork(ManagedCell Cell, AndersonSettings Settings, PanelAffine Head, int OutputWidth) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Cell.Dispose();
        Head.Dispose();
    }
}
