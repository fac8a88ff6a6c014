using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Sde;
using Microsoft.ML.Implicit.Solvers.Sde.Adjoints;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Sde;

/// <summary>
/// The solution of dy = f(t, y) dt + g(t, y) dW, y(t₀) = y₀ as a layer, with gradients with respect to y₀ and the parameters of f and g on the given
/// Brownian path (Li, Wong, Chen, Duvenaud, Scalable gradients for stochastic differential equations, 2020).
/// </summary>
/// <example><code>
/// nn.Module&lt;Tensor, Tensor, Tensor&gt; drift = new Drift(), diffusion = new Diffusion();
/// var layer = new NeuralSde(drift, diffusion, StochasticCalculus.Stratonovich, NoiseKind.Diagonal, new SdeOptions
/// {
///     Method = SdeMethods.ReversibleHeun,
///     StepControl = new FixedStepControl(0.05),
///     GradientMethod = SdeGradientMethod.ReversibleAdjoint,
/// });
/// var path = new BrownianPath(BrownianPath.Seeds(seed: 1, rows: 64), channels: 2, start: 0, end: 1, intervals: 20);
/// Tensor states = layer.forward(torch.ones(64, 2), [0, 0.5, 1], path);      // [3, 64, 2]
/// ImplicitBackward.Run(() =&gt; states[-1].mean().backward());
/// </code></example>
public sealed class NeuralSde : nn.Module<Tensor, IReadOnlyList<double>, BrownianPath, Tensor>
{
#pragma warning disable IDE1006 // The names of these fields are the names in the state dictionary.
    private readonly nn.Module<Tensor, Tensor, Tensor>? drift;
    private readonly nn.Module<Tensor, Tensor, Tensor>? diffusion;
#pragma warning restore IDE1006

    /// <summary>Creates the layer from modules for drift and diffusion.</summary>
    /// <param name="drift">f: maps the time, a tensor without dimensions, and the state <c>[rows, dimension]</c> to a tensor like the state.</param>
    /// <param name="diffusion">g: maps the same to a tensor of the shape that <paramref name="noise"/> says.</param>
    /// <param name="calculus">In whose sense the equation is meant.</param>
    /// <param name="noise">How the channels of the noise act on the state.</param>
    /// <param name="options">
    /// Method, step control and gradient method; <see langword="null"/> for the defaults. The layer throws where a row could not be solved,
    /// unless <see cref="SdeOptions.ThrowOnFailure"/> is <see langword="false"/>.
    /// </param>
    /// <param name="isAdditive">Whether the diffusion depends on time alone.</param>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    public NeuralSde(
        nn.Module<Tensor, Tensor, Tensor> drift,
        nn.Module<Tensor, Tensor, Tensor> diffusion,
        StochasticCalculus calculus,
        NoiseKind noise,
        SdeOptions? options = null,
        bool isAdditive = false)
        : this(new ModuleEquation(drift, diffusion, calculus, noise, isAdditive), options)
    {
        this.drift = drift;
        this.diffusion = diffusion;
        RegisterComponents();
    }

    /// <summary>Creates the layer from an equation, whose parameters stay its own: they are not among those of this module.</summary>
    /// <param name="equation">The equation.</param>
    /// <param name="options">As above.</param>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    public NeuralSde(StochasticEquation equation, SdeOptions? options = null)
        : base(nameof(NeuralSde))
    {
        ArgumentNullException.ThrowIfNull(equation);
        NativeBackend.EnsureLoaded();
        Equation = equation;
        Options = (options ?? new SdeOptions()) with { ThrowOnFailure = options?.ThrowOnFailure ?? true };
        Options.Validate();
    }

    /// <summary>The equation.</summary>
    public StochasticEquation Equation { get; }

    /// <summary>Method, step control and gradient method.</summary>
    public SdeOptions Options { get; }

    /// <summary>Solves within autograd; the whole solve is one node of its graph.</summary>
    /// <param name="initialState">y₀, <c>[rows, dimension]</c>.</param>
    /// <param name="times">t₀ and the times at which the state is wanted, strictly increasing.</param>
    /// <param name="path">The noise, which the gradients take as fixed.</param>
    /// <returns>States, <c>[times, rows, dimension]</c>; NaN at times that were not reached, where failures are not thrown.</returns>
    /// <exception cref="ArgumentException">An argument is not valid, they do not fit together, or the method does not solve such an equation.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved and <see cref="SdeOptions.ThrowOnFailure"/> is not <see langword="false"/>.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    /// <remarks>
    /// Call <c>backward()</c> through <see cref="ImplicitBackward.Run"/>, so that errors inside it reach the caller. It can be differentiated
    /// any number of times.
    /// </remarks>
    public override Tensor forward(Tensor initialState, IReadOnlyList<double> times, BrownianPath path)
    {
        ArgumentNullException.ThrowIfNull(initialState);
        ArgumentNullException.ThrowIfNull(times);
        bool differentiable = is_grad_enabled() && (initialState.requires_grad || Equation.Parameters.Any(p => p.requires_grad));
        using SdeRecord record = SdeSolver.Record(Equation, initialState, [.. times], path, Options, differentiable);
        return differentiable ? SdeRule.Attach(record, initialState) : record.Solution.States.alias();
    }
}
