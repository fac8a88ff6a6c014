using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// A density over features in the user's units: a Gaussianizer of the features on lines, then a continuous normalizing flow
/// of these together with the points of circles and spheres.
/// </summary>
/// <remarks>
/// Rows may lie anywhere. Beyond <see cref="OutermostSolved"/> the flow is not solved but continued along the ray from the origin: far out
/// all activations are linear or constant, so that the flow carries a point s times as far out to one s times as far out, and keeps its log
/// determinant. A context further out than those of the training rows is replaced by the nearest on its ray that is not, and costs what a
/// standard normal log density loses from there to where it lies.
/// </remarks>
internal sealed partial class DensityNetwork : nn.Module<Tensor, Tensor>
{
    /// <summary>Root mean square of the coordinates on lines beyond which the flow is continued along a ray.</summary>
    public const double OutermostSolved = 1e4;

    private readonly Gaussianizer? _gaussianizer;
    private readonly Gaussianizer? _contextGaussianizer;
    private readonly NormalizingFlow _flow;

    public DensityNetwork(NormalizingFlowArchitecture architecture, FlowOptions options, Generator generator)
        : base(nameof(DensityNetwork))
    {
        Architecture = architecture;
        int linear = architecture.Layout.LinearSlots.Count;
        _gaussianizer = linear > 0 ? new Gaussianizer(linear) : null;
        _contextGaussianizer = architecture.ContextCount > 0 ? new Gaussianizer(architecture.ContextCount) : null;
        FlowDynamics dynamics = architecture.CreateDynamics(generator);
        dynamics.ClearOutput();
        _flow = new NormalizingFlow(dynamics, architecture.Layout.Manifold, options);
        RegisterComponents();
    }

    /// <summary>Creates a frozen network whose state is filled in.</summary>
    /// <param name="architecture">Its architecture.</param>
    /// <param name="fill">Sets parameters and buffers.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="type">Precision of the flow.</param>
    public static DensityNetwork Create(NormalizingFlowArchitecture architecture, Action<DensityNetwork> fill, Device device, ScalarType type = ScalarType.Float32)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(0, CPU);
        var network = new DensityNetwork(architecture, new FlowOptions(), generator);
        try
        {
            network.Flow.to(type);
            network.to(device);
            fill(network);
            network.FreezeState();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    public NormalizingFlowArchitecture Architecture { get; }

    public NormalizingFlow Flow => _flow;

    public FlowDynamics Dynamics => (FlowDynamics)_flow.Blocks[0];

    /// <summary>Learns the Gaussianizers; the slots of features on lines that are constant are returned.</summary>
    public IReadOnlyList<int> Fit(Tensor features, Tensor? context)
    {
        if (context is not null)
        {
            _contextGaussianizer!.Fit(context);
        }

        if (_gaussianizer is null)
        {
            return [];
        }

        using DisposeScope scope = NewDisposeScope();
        return [.. _gaussianizer.Fit(Linear(Architecture.Layout.Embed(features)).to(ScalarType.Float32)).Select(i => Architecture.Layout.LinearSlots[i])];
    }

    /// <summary>Makes sure of a state that was read.</summary>
    /// <exception cref="FormatException">The state is impossible.</exception>
    public void CheckState()
    {
        _gaussianizer?.CheckState();
        _contextGaussianizer?.CheckState();
    }

    /// <summary>
    /// Scales the initial weights, U(±1/√inputs), to the detail that the rows can show. The perceptron is nearly linear at first and learns
    /// detail slowly (Rahaman et al., On the spectral bias of neural networks, 2019): few wide features need it steeper, many must not have it so.
    /// </summary>
    /// <param name="detail">See <see cref="FlowPlan.Detail"/>.</param>
    public void ScaleToDetail(double detail)
    {
        using IDisposable noGradient = no_grad();
        for (int i = 0; i + 1 < Dynamics.Layers.Count; i++)
        {
            // √3 makes the deviation of U(±1) one; behind saturated units less is gained.
            double scale = Math.Max(1, Math.Sqrt(3) * (i == 0 ? detail : Math.Min(detail, Math.Sqrt(detail))));
            foreach (Tensor parameter in Dynamics.Layers[i].Parameters)
            {
                parameter.mul_(scale.Held());
            }
        }
    }

    /// <summary>The context as the flow wants it, [rows, context].</summary>
    public Tensor? EncodeContext(Tensor? context) => PullContext(context)?.Rows.to(Precision);

    /// <summary>The features as the flow wants them: points of its manifold, [rows, width].</summary>
    public Tensor EncodeFeatures(Tensor features)
    {
        Tensor points = Map(features).Points;
        return Join(PullLinear(points).Rows, points).to(Precision);
    }

    /// <summary>Log density in the user's units, float64 [rows], of features [rows, features].</summary>
    public override Tensor forward(Tensor features) => Encode(features, null, _flow.Options.Solver).LogDensity;

    /// <summary>Maps features, [rows, features], to latent vectors.</summary>
    public DensityEncoding Encode(Tensor features, Tensor? context, OdeOptions solver)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor points, Tensor logDensity) = Map(features);
        PulledRows linear = PullLinear(points);
        PulledRows? pulledContext = PullContext(context);
        Tensor ends = empty_like(points), flowLogDensity = empty_like(logDensity);
        foreach ((Tensor rows, Tensor starts, Tensor? contexts) in Group(points, linear, pulledContext))
        {
            FlowEncoding encoding = _flow.Encode(starts, contexts, solver);
            ends.index_copy_(0, rows, encoding.Latent.to(ScalarType.Float64));
            flowLogDensity.index_copy_(0, rows, encoding.LogDensity.to(ScalarType.Float64));
        }

        logDensity = logDensity.Plus(flowLogDensity) - linear.LogDensityLost(Linear(ends), _flow.Base.Kernel);
        if (pulledContext is not null)
        {
            logDensity -= pulledContext.LogDensityLost(pulledContext.Rows, default);
        }

        Tensor latent = Architecture.Layout.Restore(Join(Linear(ends) * linear.Stretch, ends));
        return new DensityEncoding(points.MoveToOuterDisposeScope(), latent.MoveToOuterDisposeScope(), logDensity.MoveToOuterDisposeScope());
    }

    /// <summary>Features in the user's units, float64 [rows, features], of latent vectors.</summary>
    public Tensor Decode(Tensor latent, Tensor? context, OdeOptions solver)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor ends = Architecture.Layout.Embed(latent), points = empty_like(ends);
        PulledRows linear = PullLinear(ends);
        foreach ((Tensor rows, Tensor starts, Tensor? contexts) in Group(ends, linear, PullContext(context)))
        {
            points.index_copy_(0, rows, _flow.Decode(starts, contexts, solver).to(ScalarType.Float64));
        }

        Tensor normal = Linear(points) * linear.Stretch;
        return Architecture.Layout.Restore(Join(_gaussianizer?.Inverse(normal) ?? normal, points)).MoveToOuterDisposeScope();
    }

    /// <summary>Latent vectors of the base distribution, float32 [count, features] on the CPU.</summary>
    public Tensor DrawLatent(long count, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor noise = _flow.Base.Draw(count, ScalarType.Float32, generator);
        return Architecture.Layout.Restore(Architecture.Layout.Manifold.Project(noise)).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// A copy of the frozen network in managed memory, which the caller disposes of, or <see langword="null"/> where there is none for networks of its
    /// kind, device and precision.
    /// </summary>
    /// <param name="solver">How the flow is solved.</param>
    public ManagedDensity? CreateManaged(OdeOptions solver) => _gaussianizer is not null && _flow.CreateManaged() is { } flow
        ? new ManagedDensity(_gaussianizer.CreateManaged(), _contextGaussianizer?.CreateManaged(), flow, _flow.Base.Kernel, solver)
        : null;

    /// <summary>A frozen network with the same state, which shares nothing with this one.</summary>
    public DensityNetwork Copy(Device device, ScalarType type = ScalarType.Float32) => Create(Architecture, CopyTo, device, type);

    /// <summary>Gives a network of the same architecture this one's state.</summary>
    public void CopyTo(DensityNetwork target)
    {
        target.Flow.Base = Flow.Base;
        this.CopyStateTo(target);
    }

    // Points of the flow's manifold, float64 [rows, width], and the log determinants of the map to it, [rows].
    private (Tensor Points, Tensor LogDeterminant) Map(Tensor features)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor embedded = Architecture.Layout.Embed(features);
        if (_gaussianizer is null)
        {
            return (embedded.MoveToOuterDisposeScope(), full([features.shape[0]], Architecture.Layout.LogTurns.Held(), ScalarType.Float64, features.device).MoveToOuterDisposeScope());
        }

        (Tensor normal, Tensor logDeterminant) = _gaussianizer.Map(Linear(embedded));
        return (Join(normal, embedded).MoveToOuterDisposeScope(), logDeterminant.Plus(Architecture.Layout.LogTurns.Held()).MoveToOuterDisposeScope());
    }

    private PulledRows PullLinear(Tensor points) => PulledRows.To(Linear(points), OutermostSolved);

    private PulledRows? PullContext(Tensor? context) =>
        context is null ? null : PulledRows.To(_contextGaussianizer!.forward(context), PulledRows.OutermostTraining);

    // Rows that take their steps together, as the flow wants them: all within ten deviations, and those further out by powers of ten, so that
    // no row has to follow the steps of one much further out.
    private IEnumerable<(Tensor Rows, Tensor Starts, Tensor? Contexts)> Group(Tensor points, PulledRows linear, PulledRows? context)
    {
        Tensor starts = Join(linear.Rows, points);
        Tensor distances = context is null ? linear.Distances : maximum(linear.Distances, context.Distances);
        IEnumerable<IGrouping<double, long>> shells = distances.clamp(PulledRows.OutermostTraining.Held(), OutermostSolved.Held()).log10().ceil().cpu().data<double>()
            .Select((shell, row) => (Shell: shell, Row: (long)row)).GroupBy(row => row.Shell, row => row.Row);
        foreach (IGrouping<double, long> shell in shells)
        {
            Tensor rows = tensor(shell.ToArray(), device: points.device);
            yield return (rows, starts.index_select(0, rows).to(Precision), context?.Rows.index_select(0, rows).to(Precision));
        }
    }

    // Other coordinates on lines beside the same points of circles and spheres.
    private Tensor Join(Tensor linear, Tensor points) => cat([linear, Spherical(points)], 1);

    private Tensor Linear(Tensor points) => points.narrow(1, 0, Architecture.Layout.LinearSlots.Count);

    private Tensor Spherical(Tensor points) => points.narrow(1, Architecture.Layout.LinearSlots.Count, points.shape[1] - Architecture.Layout.LinearSlots.Count);

    private ScalarType Precision => Dynamics.Parameters[0].dtype;
}
