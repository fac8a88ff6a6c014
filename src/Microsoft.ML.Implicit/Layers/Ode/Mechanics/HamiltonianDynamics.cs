using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>
/// dq/dt = ∂H/∂p, dp/dt = -∂H/∂q - D(q) ∂H/∂p + g(q) u: Hamilton's equations (Greydanus, Dzamba, Yosinski, Hamiltonian neural networks, 2019), with friction and controls where
/// they are given (Zhong, Dey, Chakraborty, Dissipative SymODEN, 2020).
/// </summary>
/// <remarks>Without friction and controls H is constant along solutions, and with a <see cref="SeparableEnergy"/> they can be integrated by <see cref="Solvers.Ode.OdeMethods.Leapfrog"/>.</remarks>
/// <example><code>
/// var energy = new PerceptronEnergy(dimension: 2, hiddenWidths: [32], generator);
/// var layer = new NeuralOde(new HamiltonianDynamics(energy));
/// Tensor states = layer.forward(start, times);                // [times, rows, 2]: q and p
/// ImplicitBackward.Run(() =&gt; (states - observed).pow(2).mean().backward());
/// </code></example>
public sealed class HamiltonianDynamics : MechanicalDynamics
{
#pragma warning disable IDE1006 // The name of this field is the name in the state dictionary.
    private readonly EnergyFunction energy;
#pragma warning restore IDE1006

    /// <summary>Creates the dynamics.</summary>
    /// <param name="energy">H, of n positions and then n momenta.</param>
    /// <param name="friction">D, or <see langword="null"/> for none.</param>
    /// <param name="control">g, or <see langword="null"/> where nothing is controlled.</param>
    public HamiltonianDynamics(EnergyFunction energy, PositiveDefiniteMatrix? friction = null, ControlMatrix? control = null)
        : base(nameof(HamiltonianDynamics), friction, control)
    {
        ArgumentNullException.ThrowIfNull(energy);
        this.energy = energy;
        RegisterComponents();
    }

    private protected override Tensor Evaluate(Tensor phase, Func<Tensor, Tensor?> forces)
    {
        (Tensor slope, Tensor velocity) = PhaseSpace.Split(energy.Gradient(phase));
        return cat([velocity, forces(velocity) is { } force ? force - slope : slope.neg()], 1);
    }

    private protected override Block? Compile(RowProgramBuilder program, Block phase, Func<Block, Block?> forces)
    {
        if (energy.CompileGradient(program, phase) is not { } gradient)
        {
            return null;
        }

        int n = phase.Width / 2;
        (Block slope, Block velocity) = (gradient.Slice(0, n), gradient.Slice(n, n));
        return program.Join(velocity, forces(velocity) is { } force ? program.Add((force, 1), (slope, -1)) : program.Add((slope, -1)));
    }

    internal override Tensor EnergyOf(Tensor phase) => energy.forward(phase);

    internal override Tensor Velocity(Tensor phase) => PhaseSpace.Split(energy.Gradient(phase)).P;

    internal override Tensor Respond(Tensor positions, Tensor force) => force;
}
