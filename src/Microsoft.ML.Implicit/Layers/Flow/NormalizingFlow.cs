using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Flow.Managed;
using Microsoft.ML.Implicit.Layers.Flow.Manifolds;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Ode.Perceptrons;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>
/// A continuous normalizing flow (Chen et al., Neural ordinary differential equations, 2018; Grathwohl et al., FFJORD,
/// 2019): rows x = z(1) with z(0) ~ N(0, I), or of Student's t distribution (<see cref="FlowOptions.DegreesOfFreedom"/>), and dz/dt = f(t, z), whose log density is
/// log N(z(0)) - ∫₀¹ tr ∂f/∂z dt. Several blocks may be stacked.
/// </summary>
/// <remarks>
/// On a <see cref="ProductManifold"/> the dynamics are their tangent part, z(0) is uniform on each sphere, and the trace is
/// the divergence on the manifold (Mathieu and Nickel, Riemannian continuous normalizing flows, 2020). Rows of data and latent
/// vectors are first projected onto the manifold.
/// </remarks>
/// <example><code>
/// var dynamics = new FlowDynamics(dimension: 2, hiddenWidths: [32, 32], generator);
/// var flow = new NormalizingFlow(dynamics);
///
/// optimizer.zero_grad();
/// flow.Backward(data, generator);
/// optimizer.step();
///
/// Tensor logDensities = flow.LogDensity(data);                    // [128], in nats
/// Tensor rows = flow.Sample(10, generator);
/// </code></example>
public sealed class NormalizingFlow : nn.Module<Tensor, Tensor>
{
    private static readonly double[] ToData = [0, 1];

    private readonly ModuleList<nn.Module<Tensor, Tensor, Tensor>> _blocks;
    private readonly ModuleList<FlowNormalization> _normalizations;

    /// <summary>Creates a flow of one block.</summary>
    /// <param name="dynamics">Dynamics.</param>
    /// <param name="options">How it is solved and trained; <see langword="null"/> for the defaults.</param>
    public NormalizingFlow(PerceptronDynamics dynamics, FlowOptions? options = null)
        : this([dynamics ?? throw new ArgumentNullException(nameof(dynamics))], dynamics.Dimension, options)
    {
    }

    /// <summary>Creates a flow of one block on a manifold.</summary>
    /// <param name="dynamics">Dynamics in the space around the manifold, of dimension <see cref="ProductManifold.Width"/>.</param>
    /// <param name="manifold">Where the rows lie.</param>
    /// <param name="options">How it is solved and trained; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentException">The dynamics have another dimension than the manifold's width.</exception>
    public NormalizingFlow(PerceptronDynamics dynamics, ProductManifold manifold, FlowOptions? options = null)
        : this([dynamics ?? throw new ArgumentNullException(nameof(dynamics))], (manifold ?? throw new ArgumentNullException(nameof(manifold))).Width, options, manifold: manifold)
    {
    }

    /// <summary>Creates a flow of one or more blocks.</summary>
    /// <param name="blocks">
    /// Dynamics from the base distribution to the data: <see cref="FlowDynamics"/>, other <see cref="PerceptronDynamics"/>, or any module that maps the time, a
    /// tensor without dimensions, and the state <c>[batch, dimension]</c> to dz/dt and is differentiated by autograd, twice.
    /// </param>
    /// <param name="dimension">Width of the state.</param>
    /// <param name="options">How it is solved and trained; <see langword="null"/> for the defaults.</param>
    /// <param name="normalization">What stands between blocks.</param>
    /// <param name="manifold">Where the rows lie; <see langword="null"/> for Euclidean space.</param>
    /// <exception cref="ArgumentException">
    /// There is no block, a block or the manifold has another dimension, the options are not valid, or there is a normalisation between blocks on spheres.
    /// </exception>
    public NormalizingFlow(
        IReadOnlyList<nn.Module<Tensor, Tensor, Tensor>> blocks,
        long dimension,
        FlowOptions? options = null,
        FlowNormalizationKind normalization = FlowNormalizationKind.Affine,
        ProductManifold? manifold = null)
        : base(nameof(NormalizingFlow))
    {
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        NativeBackend.EnsureLoaded();
        if (blocks.Count == 0 || blocks.OfType<PerceptronDynamics>().Any(b => b.Dimension != dimension))
        {
            throw new ArgumentException($"A flow needs at least one block, and all blocks must have dimension {dimension}.", nameof(blocks));
        }

        Manifold = manifold ?? new ProductManifold((int)dimension);
        if (Manifold.Width != dimension)
        {
            throw new ArgumentException($"The manifold has rows of {Manifold.Width} numbers; the flow has dimension {dimension}.", nameof(manifold));
        }

        if (!Manifold.IsEuclidean && blocks.Count > 1 && normalization != FlowNormalizationKind.None)
        {
            throw new ArgumentException($"Scaling would leave the spheres: blocks on a manifold need {nameof(FlowNormalizationKind)}.{nameof(FlowNormalizationKind.None)} between them.", nameof(normalization));
        }

        Dimension = dimension;
        Options = options ?? new FlowOptions();
        Options.Validate();
        Base = new FlowBase(Manifold, Options.DegreesOfFreedom);
        _blocks = new ModuleList<nn.Module<Tensor, Tensor, Tensor>>([.. blocks]);
        _normalizations = new ModuleList<FlowNormalization>(
            [.. blocks.Skip(1).Where(_ => normalization != FlowNormalizationKind.None).Select(_ => new FlowNormalization(dimension, normalization))]);
        RegisterComponents();
    }

    /// <summary>Width of the data.</summary>
    public long Dimension { get; }

    /// <summary>Where the rows lie: Euclidean space, unless another manifold was given.</summary>
    public ProductManifold Manifold { get; }

    /// <summary>How the flow is solved and trained.</summary>
    public FlowOptions Options { get; }

    /// <summary>Where z(0) comes from.</summary>
    internal FlowBase Base { get; set; }

    /// <summary>Number of blocks.</summary>
    public int BlockCount => _blocks.Count;

    /// <summary>The dynamics of each block, from the base distribution to the data.</summary>
    public IReadOnlyList<nn.Module<Tensor, Tensor, Tensor>> Blocks => [.. _blocks];

    /// <summary>Log density of each row within autograd, with the exact trace.</summary>
    /// <param name="data">x, <c>[batch, dimension]</c>.</param>
    /// <returns><c>[batch]</c>, in nats.</returns>
    /// <exception cref="SolveFailedException">A row could not be solved.</exception>
    /// <remarks>
    /// Call <c>backward()</c> through <see cref="ImplicitBackward.Run"/>; it solves forward once more. For training by
    /// maximum likelihood <see cref="Backward"/> is faster.
    /// </remarks>
    public override Tensor forward(Tensor data)
    {
        CheckRows(data, nameof(data));
        Tensor projected = Manifold.Project(data);
        return ImplicitSolve.Attach(new FlowRule(this), [projected, .. parameters()], [LogDensity(projected.detach())], [])[0];
    }

    /// <summary>Carries rows to the base distribution and computes their log densities, with the exact trace and no graph.</summary>
    /// <param name="data">x, <c>[batch, dimension]</c>.</param>
    /// <param name="context">y, <c>[batch, contextWidth]</c>, for conditional dynamics.</param>
    /// <param name="solver">Other settings than those of <see cref="Options"/>.</param>
    /// <returns>Latent vectors and log densities, which the caller disposes.</returns>
    /// <exception cref="SolveFailedException">A row could not be solved.</exception>
    public FlowEncoding Encode(Tensor data, Tensor? context = null, OdeOptions? solver = null)
    {
        CheckRows(data, nameof(data));
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        using FlowPass pass = Run(data, context, Integrands.Divergence, TraceEstimator.Exact, null, solver, differentiable: false);
        Tensor logDensity = Base.LogDensity(pass.Latent).PlusInPlace(pass.LogDeterminant);
        return new FlowEncoding(Manifold.Project(pass.Latent).clone().MoveToOuterDisposeScope(), logDensity.MoveToOuterDisposeScope());
    }

    /// <summary>Log density of each row, with the exact trace and no graph.</summary>
    /// <param name="data">x, <c>[batch, dimension]</c>.</param>
    /// <param name="context">y, <c>[batch, contextWidth]</c>, for conditional dynamics.</param>
    /// <param name="solver">Other settings than those of <see cref="Options"/>.</param>
    /// <returns><c>[batch]</c>, in nats.</returns>
    /// <exception cref="SolveFailedException">A row could not be solved.</exception>
    public Tensor LogDensity(Tensor data, Tensor? context = null, OdeOptions? solver = null)
    {
        FlowEncoding encoding = Encode(data, context, solver);
        encoding.Latent.Dispose();
        return encoding.LogDensity;
    }

    /// <summary>Carries rows from the base distribution to the data, with no graph.</summary>
    /// <param name="latent">z(0), <c>[batch, dimension]</c>.</param>
    /// <param name="context">y, <c>[batch, contextWidth]</c>, for conditional dynamics.</param>
    /// <param name="solver">Other settings than those of <see cref="Options"/>.</param>
    /// <returns>x, <c>[batch, dimension]</c>.</returns>
    /// <exception cref="SolveFailedException">A row could not be solved.</exception>
    public Tensor Decode(Tensor latent, Tensor? context = null, OdeOptions? solver = null)
    {
        CheckRows(latent, nameof(latent));
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor x = Manifold.Project(latent);
        for (int i = 0; i < BlockCount; i++)
        {
            using AugmentedTerm term = CreateTerm(i, x, context, Integrands.None, TraceEstimator.Exact, null);
            using OdeSolution solution = OdeSolver.Solve(term, x, ToData, (solver ?? Options.Solver) with { ThrowOnFailure = true });
            x = solution.States[1].clone();
            if (i < BlockCount - 1 && _normalizations.Count > 0)
            {
                x = _normalizations[i].Inverse(x);
            }
        }

        return Manifold.Project(x).MoveToOuterDisposeScope();
    }

    /// <summary>Draws rows.</summary>
    /// <param name="count">Number of rows.</param>
    /// <param name="generator">Source of the noise; the same seed gives the same rows.</param>
    /// <param name="context">y, <c>[count, contextWidth]</c>, for conditional dynamics.</param>
    /// <returns><c>[count, dimension]</c>.</returns>
    /// <exception cref="SolveFailedException">A row could not be solved.</exception>
    public Tensor Sample(long count, Generator generator, Tensor? context = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentNullException.ThrowIfNull(generator);
        Parameter parameter = parameters().First();
        using Tensor noise = Base.Draw(count, parameter.dtype, generator);
        using Tensor latent = noise.to(parameter.device);
        return Decode(latent, context);
    }

    /// <summary>
    /// One training step's gradients by maximum likelihood: adds the gradients of the mean negative log likelihood and
    /// the penalties of <see cref="Options"/> to the parameters' <c>grad</c>, with no autograd graph.
    /// </summary>
    /// <param name="data">x, <c>[batch, dimension]</c>.</param>
    /// <param name="generator">Source of the noise of trace estimate and Jacobian penalty.</param>
    /// <param name="context">y, <c>[batch, contextWidth]</c>, for conditional dynamics.</param>
    /// <param name="weights">Weights of the rows, <c>[batch]</c>; <see langword="null"/> where all count the same.</param>
    /// <returns>The loss, which belongs to the caller's dispose scope.</returns>
    /// <exception cref="SolveFailedException">A row could not be solved.</exception>
    public FlowLoss Backward(Tensor data, Generator generator, Tensor? context = null, Tensor? weights = null)
    {
        CheckRows(data, nameof(data));
        ArgumentNullException.ThrowIfNull(generator);
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        using FlowPass pass = Run(data, context, Options.Integrands, Options.Trace, generator, null, differentiable: true);
        Tensor shares = weights is null ? full([data.shape[0]], (1.0 / data.shape[0]).Held(), data.dtype, data.device) : weights / weights.sum();
        Tensor perRow = Base.LogDensity(pass.Latent).PlusInPlace(pass.LogDeterminant).neg_();
        if (pass.Penalty is { } penalty)
        {
            perRow.PlusInPlace(penalty);
        }

        pass.Backward(Base.Score(pass.Latent) * -shares.unsqueeze(1), -shares, pass.Penalty is null ? null : shares, ParameterGradient.Add);
        return new FlowLoss(perRow.dot(shares).MoveToOuterDisposeScope(), pass.Evaluations);
    }

    /// <summary>
    /// A copy of the flow with its present weights in managed memory, which the caller disposes of, or <see langword="null"/> where there is none for
    /// such flows or tensor operations serve it better.
    /// </summary>
    internal ManagedPerceptronFlow? CreateManaged() =>
        BlockCount == 1 && Manifold.IsEuclidean && _blocks[0] is PerceptronDynamics dynamics && ManagedPerceptronFlow.Suits(dynamics) ? new ManagedPerceptronFlow(dynamics) : null;

    internal FlowNormalization? NormalizationAfter(int block) => _normalizations.Count == 0 ? null : _normalizations[block];

    internal FlowPass RunExact(Tensor data) => Run(data, null, Integrands.Divergence, TraceEstimator.Exact, null, null, differentiable: true);

    private FlowPass Run(Tensor data, Tensor? context, Integrands integrands, TraceEstimator trace, Generator? generator, OdeOptions? solver, bool differentiable) =>
        FlowPass.Run(
            this, Manifold.Project(data), i => CreateTerm(i, data, context, integrands, trace, generator), (solver ?? Options.Solver) with { ThrowOnFailure = true }, differentiable);

    private AugmentedTerm CreateTerm(int block, Tensor rows, Tensor? context, Integrands integrands, TraceEstimator trace, Generator? generator)
    {
        using IDisposable noGrad = no_grad();
        var perceptron = _blocks[block] as PerceptronDynamics;
        bool hasForm = perceptron is not null && TraceForm.Supports(perceptron.Layers.Count);
        bool estimates = trace != TraceEstimator.Exact || !hasForm;
        Tensor? directions = null;
        if (integrands.HasDivergence && trace == TraceEstimator.Exact && !hasForm)
        {
            directions = eye(Dimension, dtype: rows.dtype, device: rows.device).unsqueeze(1).expand(Dimension, rows.shape[0], Dimension);
        }
        else if (integrands.HasJacobianNorm || (integrands.HasDivergence && estimates))
        {
            directions = Noise(rows, trace, generator!);
        }

        if (perceptron is null)
        {
            return new AutogradFlowTerm(_blocks[block], Dimension, integrands, directions, Manifold.IsEuclidean ? null : Manifold.BlocksFor(rows));
        }

        var term = new PerceptronTerm(perceptron, integrands, directions, estimates, context);
        return Manifold.IsEuclidean ? term : new ManifoldFlowTerm(term, Manifold);
    }

    private static Tensor Noise(Tensor rows, TraceEstimator trace, Generator generator)
    {
        Tensor noise = trace == TraceEstimator.Gaussian
            ? randn(rows.shape, rows.dtype, generator.device, generator: generator)
            : randint(0, 2, rows.shape, rows.dtype, generator.device, generator: generator).mul_(2.Held()).sub_(1.Held());
        return noise.to(rows.device);
    }

    private void CheckRows(Tensor rows, string name)
    {
        ArgumentNullException.ThrowIfNull(rows, name);
        if (rows.dim() != 2 || rows.shape[1] != Dimension || rows.shape[0] == 0)
        {
            throw new ArgumentException($"Rows have shape [{string.Join(", ", rows.shape)}]; the flow needs [batch, {Dimension}] with at least one row.", name);
        }
    }
}
