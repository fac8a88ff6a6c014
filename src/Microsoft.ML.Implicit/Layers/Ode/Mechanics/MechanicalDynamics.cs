using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>
/// Dynamics of a mechanical system with an energy, which friction takes from it and controls change: <see cref="HamiltonianDynamics"/> of positions and momenta,
/// <see cref="LagrangianDynamics"/> of positions and velocities. <see cref="NeuralOde"/> solves them by any method.
/// </summary>
/// <remarks>
/// The last dimension of a state holds n positions q, then n momenta or velocities, and then the controls where there are any: they are held, so that their derivative is zero.
/// </remarks>
public abstract class MechanicalDynamics : nn.Module<Tensor, Tensor, Tensor>
{
    // Wider layers are served better by the matrix product of the native library.
    private const long LargestWidth = 128;

#pragma warning disable IDE1006 // The names of these fields are the names in the state dictionary.
    private readonly PositiveDefiniteMatrix? friction;
    private readonly ControlMatrix? control;
#pragma warning restore IDE1006

    private protected MechanicalDynamics(string name, PositiveDefiniteMatrix? friction, ControlMatrix? control)
        : base(name)
    {
        NativeBackend.EnsureLoaded();
        this.friction = friction;
        this.control = control;
    }

    /// <summary>Number of controls in a state.</summary>
    public long Controls => control?.Controls ?? 0;

    /// <summary>Evaluates dz/dt within autograd.</summary>
    /// <param name="time">t, which it does not depend on.</param>
    /// <param name="state">z, <c>[..., 2 n + controls]</c>.</param>
    /// <returns>dz/dt, of the shape of <paramref name="state"/>.</returns>
    /// <exception cref="ArgumentException">The state has another width.</exception>
    public override Tensor forward(Tensor time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = state.reshape(-1, state.shape[^1]);
        if (Controls == 0)
        {
            return Derivative(rows, null).view(state.shape).MoveToOuterDisposeScope();
        }

        Tensor held = Held(rows);
        return cat([Derivative(Phase(rows), held), zeros_like(held)], 1).view(state.shape).MoveToOuterDisposeScope();
    }

    /// <summary>Evaluates the energy of states.</summary>
    /// <param name="state">z, <c>[..., 2 n + controls]</c>.</param>
    /// <returns>The energy, without the last dimension of the state.</returns>
    /// <exception cref="ArgumentException">The state has another width.</exception>
    public Tensor Energy(Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using DisposeScope scope = NewDisposeScope();
        return EnergyOf(Phase(state.reshape(-1, state.shape[^1]))).view(state.shape[..^1]).MoveToOuterDisposeScope();
    }

    /// <summary>d(q, w)/dt, [rows, 2 n].</summary>
    /// <param name="phase">q and w, [rows, 2 n].</param>
    /// <param name="controls">u, [rows, m], or <see langword="null"/>.</param>
    internal Tensor Derivative(Tensor phase, Tensor? controls)
    {
        (Tensor q, _) = PhaseSpace.Split(phase);
        return Evaluate(phase, velocity =>
        {
            Tensor? force = friction?.Factorize(q).Apply(velocity).neg();
            if (control is null)
            {
                return force;
            }

            Tensor driven = control.forward(q).matmul(controls!.unsqueeze(2)).squeeze(2);
            return force?.Plus(driven) ?? driven;
        });
    }

    /// <summary><see cref="Derivative"/> as a program for the CPU, from the parameters as they are placed now; <see langword="null"/> where there is none or tensor operations are quicker.</summary>
    /// <param name="positions">n.</param>
    internal RowProgram? Compile(int positions)
    {
        if (!parameters().All(parameter => parameter.device_type == DeviceType.CPU && parameter.dtype == ScalarType.Float64 && parameter.shape.Max() <= LargestWidth))
        {
            return null;
        }

        var program = new RowProgramBuilder();
        Block phase = program.Reserve(2 * positions), controls = program.Reserve((int)Controls), q = phase.Slice(0, positions);
        return Compile(program, phase, Forces) is { } output ? program.Build(phase, controls, output) : null;

        Block? Forces(Block velocity)
        {
            Block? damped = friction?.Compile(program, q).Apply(velocity);
            Block? driven = control is null ? null : program.Times(control.Compile(program, q), controls);
            return (damped, driven) switch
            {
                (null, _) => driven,
                (_, null) => program.Add((damped.Value, -1)),
                _ => program.Add((driven.Value, 1), (damped.Value, -1)),
            };
        }
    }

    /// <summary>The dynamics in a program, with forces beside those of the energy; <see langword="null"/> where the energy has none.</summary>
    private protected abstract Block? Compile(RowProgramBuilder program, Block phase, Func<Block, Block?> forces);

    /// <summary>d(q, w)/dt with forces beside those of the energy.</summary>
    /// <param name="phase">q and w, [rows, 2 n].</param>
    /// <param name="forces">The forces at a velocity, [rows, n], or <see langword="null"/> for none.</param>
    private protected abstract Tensor Evaluate(Tensor phase, Func<Tensor, Tensor?> forces);

    /// <summary>The energy, [rows].</summary>
    internal abstract Tensor EnergyOf(Tensor phase);

    /// <summary>dq/dt, [rows, n].</summary>
    internal abstract Tensor Velocity(Tensor phase);

    /// <summary>What a force, [rows, n], adds to dw/dt.</summary>
    internal abstract Tensor Respond(Tensor positions, Tensor force);

    /// <summary>q and w of states with controls.</summary>
    internal Tensor Phase(Tensor rows) => Controls == 0 ? rows : rows.narrow(1, 0, Math.Max(0, rows.shape[1] - Controls));

    /// <summary>The controls of states.</summary>
    internal Tensor Held(Tensor rows) => rows.shape[1] > Controls
        ? rows.narrow(1, rows.shape[1] - Controls, Controls)
        : throw new ArgumentException($"The state has {rows.shape[1]} columns: needed are positions, as many momenta or velocities, and {Controls} controls.");
}
