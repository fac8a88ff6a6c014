namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>What is integrated along with the state of a flow: each is one more column of the augmented state.</summary>
/// <param name="Divergence">Whether the divergence is integrated.</param>
/// <param name="KineticPenalty">Weight of ‖f‖² in the penalty column.</param>
/// <param name="JacobianPenalty">Weight of ‖∂f/∂z‖²_F, estimated as ‖∂f/∂z e‖², in the penalty column.</param>
internal readonly record struct FlowIntegrands(bool Divergence, double KineticPenalty = 0, double JacobianPenalty = 0)
{
    public bool HasPenalty => KineticPenalty > 0 || JacobianPenalty > 0;

    public int Count => (Divergence ? 1 : 0) + (HasPenalty ? 1 : 0);
}
