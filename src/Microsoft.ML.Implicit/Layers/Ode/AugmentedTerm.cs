using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>The right-hand side of the augmented state <c>[z, integrals]</c> for one solve, with the noise of that solve.</summary>
/// <param name="dimension">Width of z.</param>
/// <param name="integrands">What is integrated beside z.</param>
internal abstract class AugmentedTerm(long dimension, Integrands integrands) : IGatheringTerm, IDisposable
{
    public Integrands Integrands { get; } = integrands;

    public long Dimension { get; } = dimension;

    public abstract IReadOnlyList<Tensor> Parameters { get; }

    public abstract Tensor Evaluate(double time, Tensor state);

    public abstract OdeLinearization Linearize(double time, Tensor state);

    /// <inheritdoc/>
    public virtual void FinishGradient(Tensor parameterGradient)
    {
    }

    public abstract void Dispose();
}
