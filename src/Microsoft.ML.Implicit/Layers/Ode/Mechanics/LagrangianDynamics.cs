using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>
/// M(q) d²q/dt² = ½ ∂(vᵀ M v)/∂q - dM/dt v - ∂V/∂q - D(q) v + g(q) u with v = dq/dt: the equations of the Lagrangian L = ½ vᵀ M(q) v - V(q) (Lutter, Ritter, Peters, Deep Lagrangian networks,
/// 2019), of positions and velocities rather than momenta. Accelerations come from a solve with the Cholesky factor of M.
/// </summary>
/// <example><code>
/// var mass = new PositiveDefiniteMatrix(dimension: 2, generator, hiddenWidths: [32]);
/// var arm = new LagrangianDynamics(mass, potential: new PerceptronEnergy(2, [32], generator, angles: [0, 1]));
/// Tensor motion = new NeuralOde(arm).forward(torch.zeros(5, 4), times);      // [times, 5, 4]: angles and their velocities
/// Tensor energies = arm.Energy(motion);                                      // [times, 5], the same at all times
/// </code></example>
public sealed class LagrangianDynamics : MechanicalDynamics
{
#pragma warning disable IDE1006 // The names of these fields are the names in the state dictionary.
    private readonly PositiveDefiniteMatrix mass;
    private readonly EnergyFunction potential;
#pragma warning restore IDE1006

    /// <summary>Creates the dynamics.</summary>
    /// <param name="mass">M.</param>
    /// <param name="potential">V.</param>
    /// <param name="friction">D, or <see langword="null"/> for none.</param>
    /// <param name="control">g, or <see langword="null"/> where nothing is controlled.</param>
    public LagrangianDynamics(PositiveDefiniteMatrix mass, EnergyFunction potential, PositiveDefiniteMatrix? friction = null, ControlMatrix? control = null)
        : base(nameof(LagrangianDynamics), friction, control)
    {
        ArgumentNullException.ThrowIfNull(mass);
        ArgumentNullException.ThrowIfNull(potential);
        this.mass = mass;
        this.potential = potential;
        RegisterComponents();
    }

    /// <summary>M.</summary>
    public PositiveDefiniteMatrix Mass => mass;

    private protected override Tensor Evaluate(Tensor phase, Func<Tensor, Tensor?> forces)
    {
        (Tensor q, Tensor velocity) = PhaseSpace.Split(phase);
        CholeskyFactor factor = mass.Factorize(q);
        Tensor slope = potential.Gradient(q);
        Tensor force = forces(velocity) is { } given ? given - slope : slope.neg();
        if (factor.HalfGradient(velocity) is { } curved)
        {
            force = force.Plus(curved) - factor.Rate(velocity, velocity)!;
        }

        return cat([velocity, factor.Solve(force)], 1);
    }

    private protected override Block? Compile(RowProgramBuilder program, Block phase, Func<Block, Block?> forces)
    {
        int n = phase.Width / 2;
        (Block q, Block velocity) = (phase.Slice(0, n), phase.Slice(n, n));
        if (potential.CompileGradient(program, q) is not { } slope)
        {
            return null;
        }

        FactorBlocks factor = mass.Compile(program, q);
        Block force = forces(velocity) is { } given ? program.Add((given, 1), (slope, -1)) : program.Add((slope, -1));
        if (factor.HalfGradient(velocity) is { } curved)
        {
            force = program.Add((force, 1), (curved, 1), (factor.Rate(velocity, velocity)!.Value, -1));
        }

        return program.Join(velocity, factor.Solve(force));
    }

    internal override Tensor EnergyOf(Tensor phase)
    {
        (Tensor q, Tensor velocity) = PhaseSpace.Split(phase);
        return (mass.Factorize(q).SquaredNorm(velocity) * 0.5.Held()).Plus(potential.forward(q));
    }

    internal override Tensor Velocity(Tensor phase) => PhaseSpace.Split(phase).P;

    internal override Tensor Respond(Tensor positions, Tensor force) => mass.Factorize(positions).Solve(force);
}
