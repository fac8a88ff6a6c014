using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Ode.Mechanics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode.Mechanics;

/// <summary>Learned dynamics of each kind, of two positions, in float64, and systems from the books.</summary>
internal static class MechanicalSystems
{
    public static string[] Names { get; } = ["general", "module", "separable", "constant inverse mass", "inverse mass of position", "constant mass", "mass of position", "angles"];

    /// <summary>H = (p₁² + p₂²) / 2 - 1 / |q|.</summary>
    public static HamiltonianDynamics Kepler() => new(new SeparableEnergy(
        new ModuleEnergy(new FunctionModule(p => p.pow(2).sum(1) / 2)),
        new ModuleEnergy(new FunctionModule(q => -q.pow(2).sum(1).rsqrt()))));

    /// <summary>H = p² / 2 - cos q.</summary>
    public static HamiltonianDynamics Pendulum() => new(new SeparableEnergy(
        new ModuleEnergy(new FunctionModule(p => p.pow(2).sum(1) / 2)),
        new ModuleEnergy(new FunctionModule(q => -q.cos().sum(1)))));

    /// <summary>A system with weights drawn from a seed.</summary>
    public static MechanicalDynamics Create(string name, bool hasFriction = false, bool hasControl = false)
    {
        using var generator = new Generator(3);
        PositiveDefiniteMatrix? friction = hasFriction ? new PositiveDefiniteMatrix(2, generator, [4], initialValue: 0.3) : null;
        ControlMatrix? control = hasControl ? new ControlMatrix(2, 1, generator, [4]) : null;
        MechanicalDynamics dynamics = name switch
        {
            "general" => Hamiltonian(new PerceptronEnergy(4, [6, 5], generator, DynamicsActivation.Tanh)),
            "module" => Hamiltonian(new ModuleEnergy(nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1)))),
            "separable" => Hamiltonian(new SeparableEnergy(Potential(), Potential())),
            "constant inverse mass" => Hamiltonian(new InertialEnergy(new PositiveDefiniteMatrix(2, generator), Potential())),
            "inverse mass of position" => Hamiltonian(new InertialEnergy(new PositiveDefiniteMatrix(2, generator, [5]), Potential())),
            "constant mass" => Lagrangian(new PositiveDefiniteMatrix(2, generator), Potential()),
            "mass of position" => Lagrangian(new PositiveDefiniteMatrix(2, generator, [5], activation: DynamicsActivation.Softplus), Potential()),
            "angles" => Lagrangian(new PositiveDefiniteMatrix(2, generator, [5], angles: [0, 1]), new PerceptronEnergy(2, [5], generator, angles: [1])),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
        };
        dynamics.to(ScalarType.Float64);

        // Matrices that do not depend on positions start at a multiple of the identity: any other value is as good for a test, and better.
        using IDisposable noGraph = no_grad();
        foreach (Tensor parameter in dynamics.parameters().Where(parameter => parameter.shape[0] == 1))
        {
            parameter.copy_(arange(parameter.numel(), dtype: ScalarType.Float64).sin().view(parameter.shape) * 0.3);
        }

        return dynamics;

        PerceptronEnergy Potential() => new(2, [5], generator);
        HamiltonianDynamics Hamiltonian(EnergyFunction energy) => new(energy, friction, control);
        LagrangianDynamics Lagrangian(PositiveDefiniteMatrix mass, EnergyFunction potential) => new(mass, potential, friction, control);
    }

    /// <summary>Three states, with a control where there is one.</summary>
    public static Tensor States(bool hasControl = false)
    {
        Tensor phase = arange(12, dtype: ScalarType.Float64).view(3, 4).cos();
        return hasControl ? cat([phase, tensor(new[,] { { 0.5 }, { -1.0 }, { 2.0 } })], 1) : phase;
    }
}
