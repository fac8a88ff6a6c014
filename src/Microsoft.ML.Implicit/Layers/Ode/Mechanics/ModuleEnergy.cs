using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>An energy given by any module, with its gradient by autograd.</summary>
/// <example>
/// The pendulum as it is in the books, as a module and as dynamics:
/// <code>
/// sealed class Pendulum() : nn.Module&lt;Tensor, Tensor&gt;("pendulum")
/// {
///     public override Tensor forward(Tensor z) => (z.select(1, 1).pow(2) / 2) - z.select(1, 0).cos();
/// }
///
/// var exact = new NeuralOde(new HamiltonianDynamics(new ModuleEnergy(new Pendulum())));
/// </code>
/// </example>
public sealed class ModuleEnergy : EnergyFunction
{
#pragma warning disable IDE1006 // The name of this field is the name in the state dictionary.
    private readonly nn.Module<Tensor, Tensor> module;
#pragma warning restore IDE1006

    /// <summary>Wraps a module.</summary>
    /// <param name="module">Maps coordinates <c>[rows, width]</c> to one number a row, <c>[rows]</c> or <c>[rows, 1]</c>, by operations that can be differentiated twice. Rows must not depend on one another.</param>
    public ModuleEnergy(nn.Module<Tensor, Tensor> module)
        : base(nameof(ModuleEnergy))
    {
        ArgumentNullException.ThrowIfNull(module);
        this.module = module;
        RegisterComponents();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The module returned something else than one number a row.</exception>
    public override Tensor forward(Tensor coordinates)
    {
        ArgumentNullException.ThrowIfNull(coordinates);
        using DisposeScope scope = NewDisposeScope();
        Tensor? energy = module.forward(coordinates);
        energy = energy?.shape is [_, 1] ? energy.squeeze(1) : energy;
        return TensorContract.Require(energy, [coordinates.shape[0]], coordinates, $"the energy {module.GetName()}", string.Empty).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The module returned something else than one number a row.</exception>
    public override Tensor Gradient(Tensor coordinates)
    {
        ArgumentNullException.ThrowIfNull(coordinates);
        using DisposeScope scope = NewDisposeScope();
        return LocalGraph.Evaluate(coordinates, x =>
        {
            Tensor energy = forward(x);
            return GuardedAutograd.DifferentiablePullback(energy, [x], ones_like(energy))[0] ?? zeros_like(x);
        }).MoveToOuterDisposeScope();
    }
}
