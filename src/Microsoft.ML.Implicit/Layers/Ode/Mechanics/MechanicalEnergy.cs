using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>H(q, p) = T(q, p) + V(q): an energy of motion and one of position. <see cref="InertialEnergy"/> and <see cref="SeparableEnergy"/> say what T is.</summary>
public abstract class MechanicalEnergy : EnergyFunction
{
    private readonly EnergyFunction _potential;

    private protected MechanicalEnergy(string name, EnergyFunction potential)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(potential);
        _potential = potential;
        register_module("potential", potential);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The width is odd, or not twice that of what the kinetic energy is made of.</exception>
    public override Tensor forward(Tensor coordinates)
    {
        ArgumentNullException.ThrowIfNull(coordinates);
        using DisposeScope scope = NewDisposeScope();
        (Tensor q, Tensor p) = PhaseSpace.Split(coordinates);
        return Kinetic(q, p).Plus(_potential.forward(q)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The width is odd, or not twice that of what the kinetic energy is made of.</exception>
    public override Tensor Gradient(Tensor coordinates)
    {
        ArgumentNullException.ThrowIfNull(coordinates);
        using DisposeScope scope = NewDisposeScope();
        (Tensor q, Tensor p) = PhaseSpace.Split(coordinates);
        Tensor slope = _potential.Gradient(q);
        (Tensor? curved, Tensor velocity) = KineticGradient(q, p);
        return cat([curved is null ? slope : slope.Plus(curved), velocity], 1).MoveToOuterDisposeScope();
    }

    internal override Block? CompileGradient(RowProgramBuilder program, Block coordinates)
    {
        int n = coordinates.Width / 2;
        (Block q, Block p) = (coordinates.Slice(0, n), coordinates.Slice(n, n));
        if (_potential.CompileGradient(program, q) is not { } slope || CompileKineticGradient(program, q, p) is not { } kinetic)
        {
            return null;
        }

        return program.Join(kinetic.Positions is { } curved ? program.Add((slope, 1), (curved, 1)) : slope, kinetic.Momenta);
    }

    /// <summary>T, <c>[rows]</c>.</summary>
    private protected abstract Tensor Kinetic(Tensor positions, Tensor momenta);

    /// <summary>∂T/∂q, null where T does not depend on q, and ∂T/∂p.</summary>
    private protected abstract (Tensor? Positions, Tensor Momenta) KineticGradient(Tensor positions, Tensor momenta);

    /// <summary><see cref="KineticGradient"/> in a program; null where there is none.</summary>
    private protected abstract (Block? Positions, Block Momenta)? CompileKineticGradient(RowProgramBuilder program, Block positions, Block momenta);
}
