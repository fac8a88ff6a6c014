using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>Dynamics given by a module f(t, z), differentiated by autograd.</summary>
public sealed class AutogradOdeTerm : IDifferentiableOdeTerm, IRowTimeOdeTerm
{
    private readonly nn.Module<Tensor, Tensor, Tensor> _module;

    /// <summary>Wraps a module.</summary>
    /// <param name="module">
    /// f, called with the time as a tensor without dimensions and the state <c>[batch, ...]</c>; it returns dz/dt of the state's shape.
    /// </param>
    public AutogradOdeTerm(nn.Module<Tensor, Tensor, Tensor> module)
    {
        ArgumentNullException.ThrowIfNull(module);
        _module = module;
    }

    /// <inheritdoc/>
    /// <remarks>Read anew each time, since moving a module to another device or type replaces its parameters.</remarks>
    public IReadOnlyList<Tensor> Parameters => [.. _module.parameters()];

    /// <inheritdoc/>
    public Tensor Evaluate(double time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using DisposeScope scope = NewDisposeScope();
        return Call(TimeScalar.Create(time, state), state).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <remarks>The module is called with the times in a shape that broadcasts against the state, <c>[batch, 1, ...]</c>.</remarks>
    public Tensor Evaluate(Tensor times, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(times);
        ArgumentNullException.ThrowIfNull(state);
        return Call(times.view([-1, .. Enumerable.Repeat(1L, (int)state.dim() - 1)]), state);
    }

    /// <inheritdoc/>
    public OdeLinearization Linearize(double time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return AutogradOdeLinearization.Create(this, time, state);
    }

    /// <inheritdoc/>
    public override string ToString() => $"the module {_module.GetName()}";

    private Tensor Call(Tensor time, Tensor state) => TensorContract.Require(_module.forward(time, state), state, this);
}
