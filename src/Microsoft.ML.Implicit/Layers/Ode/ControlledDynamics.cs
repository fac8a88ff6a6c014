using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Paths;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>
/// A controlled differential equation dz = f(t, z) dX(t): dynamics driven by a path, solved as dz/dt = f(t, z) dX/dt (Kidger, Morrill, Foster,
/// Lyons, Neural controlled differential equations for irregular time series, 2020).
/// </summary>
/// <remarks>
/// Gradients flow to the state, the times, the parameters of f and what the path is made of. Instances cost next to nothing: make one for each batch of paths,
/// around one module f. See <see cref="NaturalCubicSpline"/> for the whole example.
/// </remarks>
/// <example><code>
/// var layer = new NeuralOde(new ControlledDynamics(field, path));
/// Tensor end = layer.forward(initialState, torch.tensor(new[] { 0f, 3f }))[1];
/// </code></example>
public sealed class ControlledDynamics : nn.Module<Tensor, Tensor, Tensor>, IRebindableOdeTerm, IRowTimeOdeTerm
{
#pragma warning disable IDE1006 // The name of this field is the name in the state dictionary.
    private readonly nn.Module<Tensor, Tensor, Tensor> vectorField;
#pragma warning restore IDE1006
    private readonly ControlledTerm _term;

    /// <summary>Drives a module by a path.</summary>
    /// <param name="vectorField">
    /// f, called with the time, a tensor without dimensions or <c>[batch, 1, ...]</c> where rows step independently, and the state
    /// <c>[batch, ...]</c>; it returns <c>[batch, ..., channels]</c>, differentiated by autograd.
    /// </param>
    /// <param name="path">X, for the rows of one batch.</param>
    public ControlledDynamics(nn.Module<Tensor, Tensor, Tensor> vectorField, ControlPath path)
        : base(nameof(ControlledDynamics))
    {
        ArgumentNullException.ThrowIfNull(vectorField);
        ArgumentNullException.ThrowIfNull(path);
        this.vectorField = vectorField;
        Path = path;
        _term = new ControlledTerm(vectorField, path, path.Inputs);
        RegisterComponents();
    }

    /// <summary>X.</summary>
    public ControlPath Path { get; }

    /// <summary>The parameters of f and then <see cref="ControlPath.Inputs"/>.</summary>
    public IReadOnlyList<Tensor> Parameters => _term.Parameters;

    /// <summary>Evaluates f(t, z) dX/dt within autograd.</summary>
    /// <param name="time">t, without dimensions or with one element for each row.</param>
    /// <param name="state">z, <c>[batch, ...]</c>.</param>
    /// <returns>dz/dt, of the shape of <paramref name="state"/>.</returns>
    /// <exception cref="ArgumentException">The module or the path returned a tensor of another shape or type.</exception>
    public override Tensor forward(Tensor time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(time);
        return time.dim() == 0 ? Evaluate(time.to(ScalarType.Float64).item<double>(), state) : Evaluate(time.reshape(-1), state);
    }

    /// <inheritdoc/>
    public Tensor Evaluate(double time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return _term.Evaluate(time, state);
    }

    /// <inheritdoc/>
    public Tensor Evaluate(Tensor times, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(times);
        ArgumentNullException.ThrowIfNull(state);
        return _term.Evaluate(times, state);
    }

    /// <inheritdoc/>
    public OdeLinearization Linearize(double time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return _term.Linearize(time, state);
    }

    /// <inheritdoc/>
    public IRowTimeOdeTerm SelectRows(Tensor rows, long batch)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return _term.SelectRows(rows, batch);
    }

    IDifferentiableOdeTerm IRebindableOdeTerm.Rebind(IReadOnlyList<Tensor> parameters) => _term.Rebind(parameters);

    /// <inheritdoc/>
    public override string ToString() => _term.ToString();
}
