using Microsoft.ML.Implicit.Layers.Fields.Derivatives;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Fields;

/// <summary>
/// A partial differential equation ∂u/∂t = Σ terms on a grid by the method of lines: dynamics for <see cref="NeuralOde"/> and <see cref="OdeSolver"/>. With finite differences its
/// Jacobian is known to be sparse, so that implicit methods factorise a matrix of few diagonals.
/// </summary>
/// <example><code>
/// var grid = new FieldGrid(GridAxis.Periodic(points: 64, length: 1));
/// var heat = new FieldDynamics(grid, DerivativeScheme.FourthOrder, new Diffusion(0.1));
/// var layer = new NeuralOde(heat, new OdeOptions { Method = OdeMethods.Kvaerno5 });
/// Tensor states = layer.forward(start, times);                // start [batch, 1, 64]
/// </code></example>
public sealed class FieldDynamics : nn.Module<Tensor, Tensor, Tensor>, ISparseOdeTerm, IRowTimeOdeTerm
{
    private readonly AxisDerivatives[] _derivatives;
    private readonly int _highest;
    private SparsityPattern? _sparsity;

    /// <summary>Creates the dynamics.</summary>
    /// <param name="grid">Where the field is known.</param>
    /// <param name="scheme">How derivatives are computed.</param>
    /// <param name="terms">Parts of ∂u/∂t, at least one.</param>
    /// <exception cref="ArgumentException">There is no term, or the grid has too few points for the scheme or no such derivatives.</exception>
    public FieldDynamics(FieldGrid grid, DerivativeScheme scheme, params IReadOnlyList<FieldTerm> terms)
        : base(nameof(FieldDynamics))
    {
        ArgumentNullException.ThrowIfNull(grid);
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(terms);
        if (terms.Count == 0)
        {
            throw new ArgumentException("There must be a term.", nameof(terms));
        }

        NativeBackend.EnsureLoaded();
        (Grid, Terms) = (grid, [.. terms]);
        _highest = terms.Max(term => term.HighestDerivative);
        _derivatives = [.. grid.Axes.Select(axis => scheme.Prepare(axis, Math.Max(1, _highest)))];
        register_module("terms", new ModuleList<FieldTerm>([.. terms]));
    }

    /// <summary>Where the field is known.</summary>
    public FieldGrid Grid { get; }

    /// <summary>Parts of ∂u/∂t.</summary>
    public IReadOnlyList<FieldTerm> Terms { get; }

    /// <inheritdoc/>
    /// <remarks>Read anew each time, since moving a module to another device or type replaces its parameters.</remarks>
    public IReadOnlyList<Tensor> Parameters => [.. parameters()];

    /// <summary>Evaluates ∂u/∂t within autograd.</summary>
    /// <param name="time">Not looked at.</param>
    /// <param name="state">u, <c>[batch, components, points...]</c>.</param>
    /// <returns>∂u/∂t, of the shape of <paramref name="state"/>.</returns>
    /// <exception cref="ArgumentException">The state is not one on the grid.</exception>
    public override Tensor forward(Tensor time, Tensor state) => Evaluate(state);

    /// <inheritdoc/>
    public Tensor Evaluate(double time, Tensor state) => Evaluate(state);

    /// <inheritdoc/>
    public Tensor Evaluate(Tensor times, Tensor state) => Evaluate(state);

    /// <inheritdoc/>
    public OdeLinearization Linearize(double time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return AutogradOdeLinearization.Create(this, time, state);
    }

    /// <inheritdoc/>
    public SparsityPattern? Sparsity(Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        int components = checked((int)state.shape[1]);
        if (_sparsity is not null && _sparsity.Width == components * Grid.PointCount)
        {
            return _sparsity;
        }

        return Terms.All(term => term.IsLocal) && Array.TrueForAll(_derivatives, derivatives => derivatives.Support(0) is not null) ? _sparsity = CreateSparsity(components) : null;
    }

    /// <summary>The field and its derivatives.</summary>
    internal FieldState StateOf(Tensor state)
    {
        if (state.dim() != 2 + Grid.Axes.Count || !state.shape.AsSpan(2).SequenceEqual(Grid.Shape))
        {
            throw new ArgumentException($"A field on {Grid} has shape [batch, components, {string.Join(", ", Grid.Shape)}], not [{string.Join(", ", state.shape)}].", nameof(state));
        }

        return new FieldState(state, _derivatives, _highest);
    }

    /// <inheritdoc/>
    public override string ToString() => $"the dynamics of a field on {Grid}";

    private Tensor Evaluate(Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using DisposeScope scope = NewDisposeScope();
        FieldState at = StateOf(state);
        return Terms.Select(term => term.forward(at)).Aggregate((sum, next) => sum.Plus(next)).contiguous().MoveToOuterDisposeScope();
    }

    // At a point, the components there and at the points along each axis that the derivatives look at.
    private SparsityPattern CreateSparsity(int components)
    {
        int points = Grid.PointCount, inner = Grid.Axes[^1].Points;
        int[][] around = [.. Enumerable.Range(0, points).Select(point => Along(point, Grid.Axes.Count - 1, 1, inner)
            .Concat(Grid.Axes.Count == 2 ? Along(point, 0, inner, Grid.Axes[0].Points) : [])
            .ToArray())];
        return new SparsityPattern([.. Enumerable.Range(0, components * points).Select(element =>
            around[element % points].SelectMany(point => Enumerable.Range(0, components).Select(component => (component * points) + point)).ToArray())]);

        IEnumerable<int> Along(int point, int axis, int stride, int count)
        {
            int place = point / stride % count;
            return _derivatives[axis].Support(place)!.Select(other => point + ((other - place) * stride));
        }
    }
}
