using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>
/// Regularisation of the Jacobian at the equilibrium, which keeps cells without a guarantee of contraction quick to
/// solve (Bai, Koltun and Kolter 2021, "Stabilizing equilibrium models by Jacobian regularization", eq. 7).
/// </summary>
public static class JacobianRegularization
{
    /// <summary>
    /// Hutchinson's estimate of ‖∂f/∂z‖²_F / (batch · width) from one random sign vector a row, differentiable in the
    /// parameters of the cell and in x.
    /// </summary>
    /// <param name="cell">The cell.</param>
    /// <param name="z">Equilibrium [batch, ...]; its own graph is ignored.</param>
    /// <param name="x">Input [batch, ...].</param>
    /// <param name="generator">Source of the random signs.</param>
    /// <returns>A scalar.</returns>
    public static Tensor FrobeniusNorm(EquilibriumCell cell, Tensor z, Tensor x, Generator generator)
    {
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentNullException.ThrowIfNull(z);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(generator);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable graph = enable_grad();
        Tensor state = z.detach().requires_grad_();
        Tensor image = TensorContract.Require(cell.forward(state, x), state, cell.GetName());
        if (!image.requires_grad)
        {
            return zeros([], z.dtype, z.device).MoveToOuterDisposeScope();
        }

        Tensor signs = empty(z.shape, z.dtype, generator.device).bernoulli_(0.5, generator).mul_(2.Held()).sub_(1.Held()).to(z.device);
        Tensor? product = autograd.grad([image], [state], [signs], retain_graph: true, create_graph: true, allow_unused: true)[0];
        return product is null || product.IsInvalid
            ? zeros([], z.dtype, z.device).MoveToOuterDisposeScope()
            : product.Squared().mean().MoveToOuterDisposeScope();
    }
}
