using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Roots;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>
/// A deep-equilibrium layer: x ↦ z* with z* = f(z*, x) (Bai, Kolter and Koltun 2019, "Deep Equilibrium Models").
/// The solve builds no autograd graph, so memory does not grow with iterations; gradients come from the equilibrium
/// condition.
/// </summary>
/// <remarks>
/// Calling the layer gives a tensor for graphs of one's own; run their backward pass in <see cref="ImplicitBackward.Run"/>,
/// so that errors in it arrive. A training loop of one's own does better with <see cref="Backward"/>, which does
/// the same work without entering autograd for the implicit part.
/// </remarks>
/// <example><code>
/// var cell = new DenseResidualCell(inputWidth: 8, hiddenWidth: 32, generator);
/// var layer = new DeepEquilibrium(cell, new EquilibriumSettings
/// {
///     ForwardSolver = new AndersonSolver(new AndersonSettings { Memory = 5, RelativeTolerance = 1e-4, MaximumIterations = 40 }),
///     BackwardSolver = new BroydenSolver(),
/// });
/// Tensor x = randn(16, 8, generator: generator);
/// Tensor z = layer.forward(x);
/// Tensor features = cell.Readout(z);
/// ImplicitBackward.Run(() =&gt; features.pow(2).mean().backward());
/// </code></example>
public sealed class DeepEquilibrium : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "cell")]
    private readonly EquilibriumCell _cell;

    /// <summary>Creates the layer.</summary>
    /// <param name="cell">f(z, x); the layer owns it.</param>
    /// <param name="options">How to solve and to differentiate; null for the defaults.</param>
    /// <param name="name">Name of the module.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public DeepEquilibrium(EquilibriumCell cell, EquilibriumSettings? options = null, string name = nameof(DeepEquilibrium))
        : base(Loaded(name))
    {
        ArgumentNullException.ThrowIfNull(cell);
        Options = options ?? new EquilibriumSettings();
        Options.Validate();
        _cell = cell;
        RegisterComponents();
    }

    /// <summary>f(z, x).</summary>
    public EquilibriumCell Cell => _cell;

    /// <summary>How the layer solves and differentiates.</summary>
    public EquilibriumSettings Options { get; }

    /// <summary>Computes the equilibrium, differentiable in x and the parameters of the cell.</summary>
    /// <param name="x">Input [batch, ...].</param>
    /// <returns>State [batch, ...].</returns>
    /// <exception cref="Solvers.SolveFailedException">A row failed and <see cref="EquilibriumSettings.ThrowOnFailure"/> is set, as it is by default.</exception>
    public override Tensor forward(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        using DisposeScope scope = NewDisposeScope();
        if (!is_grad_enabled())
        {
            return Solve(_cell.InjectChecked(x), _cell.InitialStateChecked(x), default).Solution.MoveToOuterDisposeScope();
        }

        (FixedPointResult equilibrium, Tensor z, Injection injection, UndefinedRows? undefined) = SolveForGradient(x, null, default);
        Tensor output = Options.Gradient switch
        {
            EquilibriumGradient.Phantom => Unroll(z, injection),
            EquilibriumGradient.JacobianFree => _cell.IterateChecked(z, injection),
            _ => ImplicitSolve.Attach(Rule(new EquilibriumFunction(_cell, injection)), EquilibriumFunction.Inputs(_cell, injection), [z], [z])[0],
        };
        return (undefined?.Restore(output, equilibrium.Solution) ?? output).MoveToOuterDisposeScope();
    }

    /// <summary>Solves for the equilibrium with no autograd graph.</summary>
    /// <param name="x">Input [batch, ...].</param>
    /// <param name="warmStart">Where to start [batch, ...]; null for the cell's initial state.</param>
    /// <param name="cancellationToken">Looked at once an iteration.</param>
    /// <exception cref="Solvers.SolveFailedException">A row failed and <see cref="EquilibriumSettings.ThrowOnFailure"/> is set, as it is by default.</exception>
    /// <exception cref="OperationCanceledException">The solve was cancelled.</exception>
    public FixedPointResult Solve(Tensor x, Tensor? warmStart = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        return Escape(Solve(_cell.InjectChecked(x), warmStart ?? _cell.InitialStateChecked(x), cancellationToken));
    }

    /// <summary>
    /// Solves the adjoint equation u = w + uᵀ ∂f/∂z at an equilibrium. The gradient of the loss is then that of
    /// <c>cell.forward(z, x).backward(u)</c>.
    /// </summary>
    /// <param name="z">The equilibrium [batch, ...].</param>
    /// <param name="x">Input [batch, ...].</param>
    /// <param name="gradient">w, the gradient of the loss with respect to the equilibrium, in the shape of <paramref name="z"/>.</param>
    /// <param name="cancellationToken">Looked at once an iteration.</param>
    /// <exception cref="ArgumentException"><paramref name="gradient"/> has another shape than <paramref name="z"/>.</exception>
    public Tensor SolveAdjoint(Tensor z, Tensor x, Tensor gradient, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(z);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(gradient);
        if (!z.shape.AsSpan().SequenceEqual(gradient.shape))
        {
            throw new ArgumentException($"The gradient is [{string.Join(", ", gradient.shape)}] but the state is [{string.Join(", ", z.shape)}].", nameof(gradient));
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        return SolveAdjoint(z.detach(), _cell.InjectChecked(x), gradient, cancellationToken).Solution.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Solves for the equilibrium, evaluates a loss of it, and adds the gradients to <c>.grad</c> of the parameters of
    /// the cell and of whatever the loss uses, and to that of x where it requires one.
    /// </summary>
    /// <param name="x">Input [batch, ...].</param>
    /// <param name="loss">From the equilibrium [batch, ...] to a scalar; any head lives in it.</param>
    /// <param name="warmStart">Where to start [batch, ...]; null for the cell's initial state.</param>
    /// <param name="cancellationToken">Looked at once an iteration.</param>
    /// <returns>The loss and both solves; the tensors in them belong to the caller's dispose scope.</returns>
    /// <exception cref="Solvers.SolveFailedException">A row failed and <see cref="EquilibriumSettings.ThrowOnFailure"/> is set, as it is by default.</exception>
    /// <exception cref="OperationCanceledException">A solve was cancelled; no gradient of the cell was added.</exception>
    public EquilibriumBackward Backward(Tensor x, Func<Tensor, Tensor> loss, Tensor? warmStart = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(loss);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable graph = enable_grad();
        (FixedPointResult equilibrium, Tensor z, Injection injection, UndefinedRows? undefined) = SolveForGradient(x, warmStart, cancellationToken);
        if (Options.Gradient == EquilibriumGradient.Phantom)
        {
            Tensor last = Unroll(z, injection);
            Tensor unrolled = loss(undefined?.Restore(last, equilibrium.Solution) ?? last);
            ImplicitBackward.Run(() => unrolled.backward());
            return new EquilibriumBackward(unrolled.detach().MoveToOuterDisposeScope(), Escape(equilibrium), null);
        }

        Tensor image = _cell.IterateChecked(z, injection);
        Tensor output = (undefined?.Restore(image.detach(), equilibrium.Solution) ?? image.detach()).requires_grad_();
        Tensor value = loss(output);
        ImplicitBackward.Run(() => value.backward());
        Tensor? gradient = output.grad is { } own && undefined is not null ? undefined.Restrict(own) : output.grad;
        LinearSolution? adjoint = null;
        if (gradient is not null && image.requires_grad)
        {
            adjoint = Options.Gradient == EquilibriumGradient.Implicit ? SolveAdjoint(z, injection, gradient, cancellationToken) : null;
            ImplicitBackward.Run(() => image.backward([adjoint?.Solution ?? gradient]));
        }

        adjoint?.Solution.MoveToOuterDisposeScope();
        return new EquilibriumBackward(value.detach().MoveToOuterDisposeScope(), Escape(equilibrium), adjoint);
    }

    // Where an input or an image is not finite, gradients pass through another row; a row whose input is not has to be left out of the injection already.
    private (FixedPointResult Equilibrium, Tensor State, Injection Injection, UndefinedRows? Undefined) SolveForGradient(Tensor x, Tensor? warmStart, CancellationToken cancellationToken)
    {
        Injection injection = _cell.InjectChecked(x);
        Tensor start = warmStart ?? _cell.InitialStateChecked(x);
        FixedPointResult equilibrium = Solve(injection, start, cancellationToken);
        if (!equilibrium.Statuses.Contains(SolveStatus.Diverged))
        {
            return (equilibrium, equilibrium.Solution, injection, null);
        }

        if (UndefinedRows.Find(x) is { } invalid)
        {
            injection = _cell.InjectChecked(invalid.Replace(x));
            equilibrium = Merge(equilibrium, Solve(injection, start, cancellationToken), invalid);
        }

        using IDisposable noGraph = no_grad();
        Tensor z = equilibrium.Solution;
        if (UndefinedRows.Find(z, x, _cell.IterateChecked(z, injection)) is not { } undefined)
        {
            return (equilibrium, z, injection, null);
        }

        using IDisposable graph = enable_grad();
        return (equilibrium, undefined.Replace(z), new Injection([.. injection.Rows.Select(undefined.Replace)], injection.Shared), undefined);
    }

    private static FixedPointResult Merge(FixedPointResult all, FixedPointResult others, UndefinedRows invalid) => new(
        invalid.Restore(others.Solution, all.Solution),
        [.. others.Statuses.Select((status, row) => invalid.Contains(row) ? all.Statuses[row] : status)],
        [.. others.Residuals.Select((residual, row) => invalid.Contains(row) ? all.Residuals[row] : residual)],
        others.Iterations,
        all.RowEvaluations + others.RowEvaluations);

    private LinearSolution SolveAdjoint(Tensor z, Injection injection, Tensor gradient, CancellationToken cancellationToken)
    {
        var function = new EquilibriumFunction(_cell, injection);
        LinearSolution adjoint = Rule(function).SolveAdjoint(function.Linearize(z, EquilibriumFunction.Inputs(_cell, injection)), gradient, cancellationToken);
        return adjoint with { Solution = adjoint.Solution.view(z.shape) };
    }

    private RootRule Rule(EquilibriumFunction function) => new(function, new NeumannAndersonSolver(Options.BackwardSolver), Options.ThrowOnFailure);

    private FixedPointResult Solve(Injection injection, Tensor initial, CancellationToken cancellationToken)
    {
        FixedPointResult result = Options.ForwardSolver.SolveChecked(new CellMap(_cell, injection.Detach()), initial, cancellationToken);
        if (Options.ThrowOnFailure)
        {
            result.ThrowIfFailed($"equilibrium of the cell {_cell.GetName()}");
        }

        return result;
    }

    private Tensor Unroll(Tensor z, Injection injection)
    {
        for (int step = 0; step < Options.PhantomSteps; step++)
        {
            z = z.lerp(_cell.IterateChecked(z, injection), full_like(z, Options.PhantomDamping.Held()));
        }

        return z;
    }

    private static FixedPointResult Escape(FixedPointResult result)
    {
        result.Solution.MoveToOuterDisposeScope();
        return result;
    }

    private static string Loaded(string name)
    {
        NativeBackend.EnsureLoaded();
        return name;
    }
}
