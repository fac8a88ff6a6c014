namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What is learned of a mechanical system, of n positions q with velocities v or momenta p.</summary>
public enum MechanicsForm
{
    /// <summary>Velocities: the energy ½ vᵀ M v + V(q) with masses that do not depend on where the bodies are, as in straight coordinates.</summary>
    Newtonian,

    /// <summary>Velocities: the energy ½ vᵀ M(q) v + V(q), as in angles of linked bodies.</summary>
    Lagrangian,

    /// <summary>Momenta: the energy ½ pᵀ M⁻¹ p + V(q).</summary>
    SeparableHamiltonian,

    /// <summary>Momenta: the energy ½ pᵀ M⁻¹(q) p + V(q).</summary>
    InertialHamiltonian,

    /// <summary>Momenta: any energy H(q, p).</summary>
    Hamiltonian,
}
