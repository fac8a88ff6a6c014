using Microsoft.ML.Implicit.Layers.Equilibrium;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Feature encoder, equilibrium layer and linear heads. The dense network is an ensemble that shares one layer: each
/// member sees the inputs through random signs and scales of its own and has a head of its own (Gorishniy, Kotelnikov and
/// Babenko, "TabM", 2024), so that all members are one batch of one solve.
/// </summary>
internal sealed class DeepEquilibriumNetwork : nn.Module
{
    private readonly int _members;

    [ComponentName(Name = "encoder")]
    private readonly FeatureEncoder _encoder;

    [ComponentName(Name = "equilibrium")]
    private readonly DeepEquilibrium _equilibrium;

    [ComponentName(Name = "member_scales")]
    private readonly Parameter _memberScales;

    [ComponentName(Name = "head_weights")]
    private readonly Parameter _headWeights;

    [ComponentName(Name = "head_biases")]
    private readonly Parameter _headBiases;

    /// <summary>Creates the network with random weights.</summary>
    /// <param name="architecture">Sizes and solver.</param>
    /// <param name="gradientTolerance">Relative tolerance of the implicit gradient.</param>
    /// <param name="generator">Source of the weights and of dropout, on the CPU; kept.</param>
    public DeepEquilibriumNetwork(DeepEquilibriumArchitecture architecture, double gradientTolerance, Generator generator)
        : base(nameof(DeepEquilibriumNetwork))
    {
        _members = architecture.EnsembleSize;
        _encoder = new FeatureEncoder(architecture.FeatureCount, architecture.Image.Channels);
        FeatureCell cell = architecture.CreateCell(_encoder.Width, generator);
        _equilibrium = new DeepEquilibrium(cell, new EquilibriumSettings
        {
            ForwardSolver = architecture.CreateSolver(architecture.Tolerance),
            BackwardSolver = architecture.CreateSolver(gradientTolerance),
        });
        Tensor signs = empty(_members, 1, _encoder.Width).bernoulli_(0.5, generator).mul_(2).sub_(1);
        _memberScales = new Parameter(_members > 1 ? signs : ones_like(signs));

        // Heads of zeros start at the prior.
        _headWeights = new Parameter(zeros(_members, cell.FeatureWidth, architecture.OutputWidth));
        _headBiases = new Parameter(zeros(_members, 1, architecture.OutputWidth));
        RegisterComponents();
    }

    public FeatureEncoder Encoder => _encoder;

    public DeepEquilibrium Equilibrium => _equilibrium;

    /// <summary>Members of the ensemble.</summary>
    public int Members => _members;

    private FeatureCell Cell => (FeatureCell)_equilibrium.Cell;

    /// <summary>Inputs of the equilibrium layer.</summary>
    /// <param name="features">float32 [batch, features].</param>
    /// <returns>float32 [members · batch, encoded width], member by member.</returns>
    public Tensor Inputs(Tensor features)
    {
        Tensor encoded = _encoder.forward(features);
        return _members > 1 ? (encoded * _memberScales).flatten(0, 1) : encoded;
    }

    /// <summary>Outputs of each member at an equilibrium.</summary>
    /// <param name="state">float32 [members · batch, ...].</param>
    /// <returns>float32 [members, batch, outputs].</returns>
    public Tensor Outputs(Tensor state)
    {
        Tensor read = Cell.Readout(state);
        return read.reshape(_members, -1, read.shape[1]).baddbmm(_headWeights, _headBiases);
    }

    /// <summary>Mean outputs of the members, before the task turns them into scores.</summary>
    /// <param name="features">float32 [batch, features].</param>
    /// <returns>float32 [batch, outputs], without a graph.</returns>
    public Tensor Predict(Tensor features) => Outputs(_equilibrium.Solve(Inputs(features)).Solution).mean([0]);

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

        Cell.Freeze();
    }
}
