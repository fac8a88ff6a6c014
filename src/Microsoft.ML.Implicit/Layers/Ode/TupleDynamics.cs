using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>
/// Dynamics of a state of several tensors, given by a module that maps the time and all of them to all their derivatives and is
/// differentiated by autograd.
/// </summary>
/// <remarks>
/// Start from <see cref="OdeStateLayout.Join"/> and read solutions with <see cref="OdeStateLayout.Split"/>. The module reads views
/// of the solver's state, and its results are written to the solver's stages: nothing is put together or copied in between.
/// </remarks>
/// <example><code>
/// var layout = new OdeStateLayout([2], [3]);
/// var layer = new NeuralOde(new TupleDynamics(new Exchange(), layout));
/// Tensor start = layout.Join(ones(4, 2), zeros(4, 3));
/// Tensor states = layer.forward(start, tensor(new[] { 0.0, 1.0 }));
/// IReadOnlyList&lt;Tensor&gt; parts = layout.Split(states);
/// </code></example>
public sealed class TupleDynamics : nn.Module<Tensor, Tensor, Tensor>, IDifferentiableOdeTerm, IRowTimeOdeTerm, IWritingOdeTerm
{
#pragma warning disable IDE1006 // The name of this field is the name in the state dictionary.
    private readonly nn.Module<Tensor, IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> dynamics;
#pragma warning restore IDE1006

    /// <summary>Wraps a module.</summary>
    /// <param name="dynamics">
    /// f, called with the time and the parts of the state, each <c>[batch, ...]</c>; it returns their derivatives, of the same shapes.
    /// The time is a tensor without dimensions, or <c>[batch, 1]</c> where rows step independently.
    /// </param>
    /// <param name="layout">Shapes of the parts.</param>
    public TupleDynamics(nn.Module<Tensor, IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> dynamics, OdeStateLayout layout)
        : base(nameof(TupleDynamics))
    {
        ArgumentNullException.ThrowIfNull(dynamics);
        ArgumentNullException.ThrowIfNull(layout);
        this.dynamics = dynamics;
        Layout = layout;
        RegisterComponents();
    }

    /// <summary>Shapes of the parts.</summary>
    public OdeStateLayout Layout { get; }

    /// <inheritdoc/>
    /// <remarks>Read anew each time, since moving a module to another device or type replaces its parameters.</remarks>
    public IReadOnlyList<Tensor> Parameters => [.. dynamics.parameters()];

    /// <summary>Evaluates f(t, z) within autograd.</summary>
    /// <param name="time">t, without dimensions or <c>[batch, 1]</c>.</param>
    /// <param name="state">All parts, <c>[batch, width]</c>.</param>
    /// <returns>dz/dt, of the shape of <paramref name="state"/>.</returns>
    /// <exception cref="ArgumentException">The module returned tensors of other shapes.</exception>
    public override Tensor forward(Tensor time, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        return Layout.Join(EvaluateParts(time, Layout.Split(state))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Evaluate(double time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using Tensor shared = TimeScalar.Create(time, state);
        return forward(shared, state);
    }

    /// <inheritdoc/>
    public Tensor Evaluate(Tensor times, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(times);
        using Tensor column = times.view(-1, 1);
        return forward(column, state);
    }

    /// <inheritdoc/>
    public OdeLinearization Linearize(double time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs = [.. Layout.Split(state).Select(part => part.detach().requires_grad_())];
        using (enable_grad())
        {
            // What a module returns may be its own.
            Tensor[] outputs = [.. EvaluateParts(TimeScalar.Create(time, state), inputs).Select(slope => slope.alias())];
            scope.Detach([.. inputs, .. outputs]);
            return new TupleLinearization(this, Layout, Parameters, inputs, outputs);
        }
    }

    void IWritingOdeTerm.Evaluate(double time, Tensor state, Tensor destination)
    {
        using DisposeScope scope = NewDisposeScope();
        IReadOnlyList<Tensor> slopes = EvaluateParts(TimeScalar.Create(time, state), Layout.Split(state));
        IReadOnlyList<Tensor> places = Layout.Split(destination);
        for (int i = 0; i < slopes.Count; i++)
        {
            places[i].copy_(slopes[i]);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"the module {dynamics.GetName()}";

    private IReadOnlyList<Tensor> EvaluateParts(Tensor time, IReadOnlyList<Tensor> parts)
    {
        IReadOnlyList<Tensor> slopes = dynamics.forward(time, parts) ?? throw new ArgumentException($"{this} returned null.");
        if (slopes.Count != parts.Count)
        {
            throw new ArgumentException($"{this} returned {slopes.Count} tensors for a state of {parts.Count} parts.");
        }

        return [.. slopes.Select((slope, i) => TensorContract.Require(slope, parts[i], this))];
    }
}
