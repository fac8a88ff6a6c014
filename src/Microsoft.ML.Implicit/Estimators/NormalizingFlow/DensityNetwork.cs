using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A density over features in the user's units: a Gaussianizer, then a continuous normalizing flow.</summary>
internal sealed class DensityNetwork : nn.Module<Tensor, Tensor>
{
    private readonly Gaussianizer _gaussianizer;
    private readonly Gaussianizer? _contextGaussianizer;
    private readonly NormalizingFlow _flow;

    public DensityNetwork(NormalizingFlowArchitecture architecture, FlowOptions options, Generator generator)
        : base(nameof(DensityNetwork))
    {
        Architecture = architecture;
        _gaussianizer = new Gaussianizer(architecture.FeatureCount);
        _contextGaussianizer = architecture.ContextCount > 0 ? new Gaussianizer(architecture.ContextCount) : null;
        FlowDynamics dynamics = architecture.CreateDynamics(generator);
        dynamics.ClearOutput();
        _flow = new NormalizingFlow(dynamics, options);
        RegisterComponents();
    }

    public NormalizingFlowArchitecture Architecture { get; }

    public Gaussianizer Features => _gaussianizer;

    public NormalizingFlow Flow => _flow;

    public FlowDynamics Dynamics => (FlowDynamics)_flow.Blocks[0];

    /// <summary>Learns the Gaussianizers; the features that are constant are returned.</summary>
    public IReadOnlyList<int> Fit(Tensor features, Tensor? context)
    {
        if (context is not null)
        {
            _contextGaussianizer!.Fit(context);
        }

        return _gaussianizer.Fit(features);
    }

    /// <summary>
    /// Scales the initial weights, U(±1/√inputs), to the detail that the rows can show. The perceptron is nearly linear at first and learns
    /// detail slowly (Rahaman et al., On the spectral bias of neural networks, 2019): few wide features need it steeper, many must not have it so.
    /// </summary>
    /// <param name="rows">Number of training rows.</param>
    public void ScaleToDetail(long rows)
    {
        using IDisposable noGradient = no_grad();

        // The inverse of Scott's bandwidth, in standard deviations, less that of a normal density, which has no detail.
        double detail = Math.Pow(rows, 1.0 / (Architecture.FeatureCount + Architecture.ContextCount + 4)) - 1;
        for (int i = 0; i + 1 < Dynamics.Layers.Count; i++)
        {
            // √3 makes the deviation of U(±1) one; behind saturated units nothing is gained by more.
            double scale = Math.Max(1, Math.Sqrt(3) * (i == 0 ? detail : Math.Min(detail, 1)));
            foreach (Tensor parameter in Dynamics.Layers[i].Parameters)
            {
                parameter.mul_(scale.Held());
            }
        }
    }

    /// <summary>The context as the flow wants it, [rows, context].</summary>
    public Tensor? EncodeContext(Tensor? context) => context is null ? null : _contextGaussianizer!.forward(context).to(Precision);

    /// <summary>The features as the flow wants them, [rows, features].</summary>
    public Tensor EncodeFeatures(Tensor features) => _gaussianizer.forward(features).to(Precision);

    /// <summary>Log density in the user's units, float64 [rows], of features [rows, features].</summary>
    public override Tensor forward(Tensor features) => Encode(features, null, _flow.Options.Solver).LogDensity;

    /// <summary>Latent vectors [rows, features] and log densities in the user's units, float64 [rows].</summary>
    public FlowEncoding Encode(Tensor features, Tensor? context, OdeOptions solver)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor normal, Tensor logDeterminant) = _gaussianizer.Map(features);
        FlowEncoding encoding = _flow.Encode(normal.to(Precision), EncodeContext(context), solver);
        Tensor logDensity = encoding.LogDensity.to(ScalarType.Float64) + logDeterminant;
        return new FlowEncoding(encoding.Latent.MoveToOuterDisposeScope(), logDensity.MoveToOuterDisposeScope());
    }

    /// <summary>Features in the user's units, float64 [rows, features], of latent vectors.</summary>
    public Tensor Decode(Tensor latent, Tensor? context, OdeOptions solver)
    {
        using DisposeScope scope = NewDisposeScope();
        return _gaussianizer.Inverse(_flow.Decode(latent.to(Precision), EncodeContext(context), solver)).MoveToOuterDisposeScope();
    }

    /// <summary>Fixes the parameters, so that several threads may score at once, and frees them from the dispose scope they were made in.</summary>
    public void Freeze()
    {
        eval();
        foreach (Tensor value in state_dict().Values)
        {
            value.DetachFromDisposeScope();
        }

        foreach (Parameter parameter in parameters())
        {
            parameter.requires_grad_(false);
        }
    }

    private ScalarType Precision => Dynamics.Parameters[0].dtype;
}
