using Microsoft.ML.Implicit.Solvers.Ode;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>
/// The right-hand side of a flow's augmented state <c>[z, ∫ divergence, ∫ penalty]</c> for one solve, with the noise of
/// that solve.
/// </summary>
internal abstract class FlowTerm(long dimension, FlowIntegrands integrands) : IDifferentiableOdeTerm, IDisposable
{
    public FlowIntegrands Integrands { get; } = integrands;

    public long Dimension { get; } = dimension;

    public abstract IReadOnlyList<Tensor> Parameters { get; }

    public abstract OdeLinearization Linearize(double time, Tensor state);

    public abstract Tensor Evaluate(double time, Tensor state);

    /// <summary>Adds gradients that were gathered over the whole solve to the flat parameter gradient.</summary>
    public virtual void FinishGradient(Tensor parameterGradient)
    {
    }

    public abstract void Dispose();

    public Tensor Assemble(Tensor slope, Tensor? divergence, Tensor? penalty) =>
        Integrands.Count == 0 ? slope : cat([.. new[] { slope, divergence, penalty }.OfType<Tensor>()], 1);
}
