using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>H(q, p) = T(p) + V(q), which <see cref="Solvers.Ode.OdeMethods.Leapfrog"/> integrates symplectically.</summary>
/// <example><code>
/// var separable = new SeparableEnergy(kinetic: new PerceptronEnergy(2, [32], generator), potential: new PerceptronEnergy(2, [32], generator));
/// var symplectic = new OdeOptions { Method = OdeMethods.Leapfrog, StepControl = new FixedStepControl(0.1) };
/// var orbits = new NeuralOde(new HamiltonianDynamics(separable), symplectic);
/// </code></example>
public sealed class SeparableEnergy : MechanicalEnergy
{
    private readonly EnergyFunction _kinetic;

    /// <summary>Adds two energies.</summary>
    /// <param name="kinetic">T, of momenta.</param>
    /// <param name="potential">V, of as many positions.</param>
    public SeparableEnergy(EnergyFunction kinetic, EnergyFunction potential)
        : base(nameof(SeparableEnergy), potential)
    {
        ArgumentNullException.ThrowIfNull(kinetic);
        _kinetic = kinetic;
        register_module("kinetic", kinetic);
    }

    private protected override Tensor Kinetic(Tensor positions, Tensor momenta) => _kinetic.forward(momenta);

    private protected override (Tensor? Positions, Tensor Momenta) KineticGradient(Tensor positions, Tensor momenta) => (null, _kinetic.Gradient(momenta));

    private protected override (Block? Positions, Block Momenta)? CompileKineticGradient(RowProgramBuilder program, Block positions, Block momenta) =>
        _kinetic.CompileGradient(program, momenta) is { } velocity ? (null, velocity) : null;
}
