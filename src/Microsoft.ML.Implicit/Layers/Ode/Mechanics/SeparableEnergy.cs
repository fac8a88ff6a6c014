using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>H(q, p) = T(p) + V(q), which <see cref="Solvers.Ode.OdeMethods.Leapfrog"/> integrates symplectically.</summary>
/// <example><code>
/// var separable = new SeparableEnergy(kinetic: new PerceptronEnergy(2, [32], generator), potential: new PerceptronEnergy(2, [32], generator));
/// var symplectic = new OdeOptions { Method = OdeMethods.Leapfrog, StepControl = new FixedStepControl(0.1) };
/// var orbits = new NeuralOde(new HamiltonianDynamics(separable), symplectic);
/// </code></example>
public sealed class SeparableEnergy : EnergyFunction
{
#pragma warning disable IDE1006 // The names of these fields are the names in the state dictionary.
    private readonly EnergyFunction kinetic;
    private readonly EnergyFunction potential;
#pragma warning restore IDE1006

    /// <summary>Adds two energies.</summary>
    /// <param name="kinetic">T, of momenta.</param>
    /// <param name="potential">V, of as many positions.</param>
    public SeparableEnergy(EnergyFunction kinetic, EnergyFunction potential)
        : base(nameof(SeparableEnergy))
    {
        ArgumentNullException.ThrowIfNull(kinetic);
        ArgumentNullException.ThrowIfNull(potential);
        this.kinetic = kinetic;
        this.potential = potential;
        RegisterComponents();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The width is odd.</exception>
    public override Tensor forward(Tensor coordinates)
    {
        ArgumentNullException.ThrowIfNull(coordinates);
        using DisposeScope scope = NewDisposeScope();
        (Tensor q, Tensor p) = PhaseSpace.Split(coordinates);
        return kinetic.forward(p).Plus(potential.forward(q)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The width is odd.</exception>
    public override Tensor Gradient(Tensor coordinates)
    {
        ArgumentNullException.ThrowIfNull(coordinates);
        using DisposeScope scope = NewDisposeScope();
        (Tensor q, Tensor p) = PhaseSpace.Split(coordinates);
        return cat([potential.Gradient(q), kinetic.Gradient(p)], 1).MoveToOuterDisposeScope();
    }

    internal override Block? CompileGradient(RowProgramBuilder program, Block coordinates)
    {
        int n = coordinates.Width / 2;
        return potential.CompileGradient(program, coordinates.Slice(0, n)) is { } slope && kinetic.CompileGradient(program, coordinates.Slice(n, n)) is { } velocity
            ? program.Join(slope, velocity)
            : null;
    }
}
