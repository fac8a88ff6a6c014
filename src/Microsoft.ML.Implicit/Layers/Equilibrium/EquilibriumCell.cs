using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.FixedPoint.Managed;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>
/// The map f(z, x) whose fixed point z* = f(z*, x) is the output of a <see cref="DeepEquilibrium"/> layer. A cell
/// says what is solved; the layer's options say how.
/// </summary>
/// <remarks>
/// Rows must not influence one another. What does not depend on z belongs into <see cref="Inject"/>; noise too, so
/// that it stays fixed during a solve.
/// </remarks>
public abstract class EquilibriumCell : nn.Module<Tensor, Tensor, Tensor>
{
    /// <summary>Creates the cell.</summary>
    /// <param name="name">Name of the module.</param>
    protected EquilibriumCell(string name)
        : base(name)
    {
    }

    /// <summary>Where a solve starts without a warm start, in the type and on the device of <paramref name="x"/>.</summary>
    /// <param name="x">Input [batch, ...].</param>
    /// <returns>State [batch, ...].</returns>
    public abstract Tensor InitialState(Tensor x);

    /// <summary>Computes what does not depend on the state, once a solve. Unless overridden, the injection is x itself.</summary>
    /// <param name="x">Input [batch, ...].</param>
    public virtual Injection Inject(Tensor x) => new(x);

    /// <summary>Evaluates f at a state.</summary>
    /// <param name="z">State [batch, ...], never to be written to.</param>
    /// <param name="injection">What <see cref="Inject"/> returned, or some of its rows.</param>
    /// <returns>A new tensor of the shape of <paramref name="z"/>.</returns>
    public abstract Tensor Iterate(Tensor z, Injection injection);

    /// <summary>
    /// Gives vector-Jacobian products in closed form, where the cell knows one. Unless overridden there is none, and
    /// autograd is used.
    /// </summary>
    /// <param name="z">State [batch, ...], without a graph.</param>
    /// <param name="injection">The injection, without a graph.</param>
    public virtual CellLinearization? Linearize(Tensor z, Injection injection) => null;

    /// <summary>f of all rows of an injection in managed memory, or <see langword="null"/> where there is none for such cells or tensor operations serve them better.</summary>
    /// <param name="injection">The injection, without a graph.</param>
    /// <param name="state">A state of the solve.</param>
    internal virtual ManagedBatchMap? CreateManagedMap(Injection injection, Tensor state) => null;

    /// <summary>Whether some rows can be evaluated without the others.</summary>
    internal virtual bool CanSelectRows => true;

    /// <summary>Evaluates f at a state and checks the result.</summary>
    /// <exception cref="ArgumentException">The result is not like the state.</exception>
    internal Tensor IterateChecked(Tensor z, Injection injection) => TensorContract.Require(Iterate(z, injection), z, $"the cell {GetName()}");

    /// <summary>Computes the injection and checks it.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    internal Injection InjectChecked(Tensor x) => Inject(x) ?? throw new ArgumentException($"The cell {GetName()} returned null from {nameof(Inject)}.");

    /// <summary>Computes the initial state and checks it.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    internal Tensor InitialStateChecked(Tensor x) => InitialState(x) ?? throw new ArgumentException($"The cell {GetName()} returned null from {nameof(InitialState)}.");

    /// <summary>Evaluates f(z, x).</summary>
    /// <param name="z">State [batch, ...].</param>
    /// <param name="x">Input [batch, ...].</param>
    public sealed override Tensor forward(Tensor z, Tensor x) => Iterate(z, Inject(x));
}
