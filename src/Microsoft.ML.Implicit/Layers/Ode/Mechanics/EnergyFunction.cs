using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>
/// A scalar function of coordinates, one number a row: a Hamiltonian H(q, p), a kinetic energy T(p) or a potential energy V(q).
/// </summary>
/// <remarks>
/// <see cref="PerceptronEnergy"/>, <see cref="InertialEnergy"/>, <see cref="SeparableEnergy"/> and <see cref="ModuleEnergy"/>, which takes any module, are built in. Derive from this
/// class where the gradient is known in closed form.
/// </remarks>
public abstract class EnergyFunction : nn.Module<Tensor, Tensor>
{
    /// <summary>Creates the function.</summary>
    /// <param name="name">Name of the module.</param>
    protected EnergyFunction(string name)
        : base(name)
    {
    }

    /// <summary>Evaluates the function.</summary>
    /// <param name="coordinates">x, <c>[rows, width]</c>.</param>
    /// <returns>One number a row, <c>[rows]</c>.</returns>
    public abstract override Tensor forward(Tensor coordinates);

    /// <summary>Evaluates the gradient with respect to the coordinates, by operations that autograd follows: training differentiates it again.</summary>
    /// <param name="coordinates">x, <c>[rows, width]</c>.</param>
    /// <returns>∂E/∂x, of the shape of x.</returns>
    public abstract Tensor Gradient(Tensor coordinates);

    /// <summary><see cref="Gradient"/> in a program; <see langword="null"/> where there is none.</summary>
    internal virtual Block? CompileGradient(RowProgramBuilder program, Block coordinates) => null;
}
