using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>
/// H(q, p) = ½ pᵀ M⁻¹(q) p + V(q), the energy of bodies with masses (Zhong, Dey, Chakraborty, Symplectic ODE-Net, 2020). It is separable where the inverse
/// masses are constant.
/// </summary>
/// <example><code>
/// var inertial = new InertialEnergy(new PositiveDefiniteMatrix(2, generator), new PerceptronEnergy(2, [32], generator));
/// </code></example>
public sealed class InertialEnergy : MechanicalEnergy
{
    private readonly PositiveDefiniteMatrix _inverseMass;

    /// <summary>Creates the energy.</summary>
    /// <param name="inverseMass">M⁻¹(q).</param>
    /// <param name="potential">V(q).</param>
    public InertialEnergy(PositiveDefiniteMatrix inverseMass, EnergyFunction potential)
        : base(nameof(InertialEnergy), potential)
    {
        ArgumentNullException.ThrowIfNull(inverseMass);
        _inverseMass = inverseMass;
        register_module("inverse_mass", inverseMass);
    }

    private protected override Tensor Kinetic(Tensor positions, Tensor momenta) => _inverseMass.Factorize(positions).SquaredNorm(momenta) * 0.5.Held();

    private protected override (Tensor? Positions, Tensor Momenta) KineticGradient(Tensor positions, Tensor momenta)
    {
        CholeskyFactor factor = _inverseMass.Factorize(positions);
        return (factor.HalfGradient(momenta), factor.Apply(momenta));
    }

    private protected override (Block? Positions, Block Momenta)? CompileKineticGradient(RowProgramBuilder program, Block positions, Block momenta)
    {
        FactorBlocks factor = _inverseMass.Compile(program, positions);
        return (factor.HalfGradient(momenta), factor.Apply(momenta));
    }
}
