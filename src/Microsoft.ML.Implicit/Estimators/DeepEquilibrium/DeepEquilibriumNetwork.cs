using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Layers.Equilibrium.Managed;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Equilibrium layer and linear head; or a stack of such networks, which are trained together: the first dimension of every parameter is theirs, and
/// their rows follow one another.
/// </summary>
internal sealed partial class DeepEquilibriumNetwork : nn.Module
{
    [ComponentName(Name = "equilibrium")]
    private readonly DeepEquilibrium _equilibrium;

    [ComponentName(Name = "head_weight")]
    private readonly Parameter _headWeight;

    [ComponentName(Name = "head_bias")]
    private readonly Parameter _headBias;

    /// <summary>Creates the network with random weights.</summary>
    /// <param name="architecture">Sizes and solver.</param>
    /// <param name="inputWidth">Length of an encoded row.</param>
    /// <param name="gradientTolerance">Relative tolerance of the implicit gradient.</param>
    /// <param name="generator">Source of the weights and of dropout, on the CPU; kept.</param>
    /// <param name="stackedDropout">Dropout of each network of a stack; null for one network.</param>
    public DeepEquilibriumNetwork(DeepEquilibriumArchitecture architecture, int inputWidth, double gradientTolerance, Generator generator, double[]? stackedDropout = null)
        : base(nameof(DeepEquilibriumNetwork))
    {
        long[] networks = stackedDropout is null ? [] : [stackedDropout.Length];
        FeatureCell cell = architecture.CreateCell(inputWidth, generator, stackedDropout);
        _equilibrium = new DeepEquilibrium(cell, new EquilibriumSettings
        {
            ForwardSolver = architecture.CreateSolver(architecture.Tolerance),
            BackwardSolver = architecture.CreateSolver(gradientTolerance),

            // A row that needs more iterations is scored, and trains, at its best iterate.
            ThrowOnFailure = false,
        });

        // A head of zeros starts at the prior.
        _headWeight = new Parameter(zeros([.. networks, cell.FeatureWidth, architecture.OutputWidth]));
        _headBias = new Parameter(zeros([.. networks, architecture.OutputWidth]));
        RegisterComponents();
    }

    public DeepEquilibrium Equilibrium => _equilibrium;

    private FeatureCell Cell => (FeatureCell)_equilibrium.Cell;

    /// <summary>Outputs at an equilibrium, before the task turns them into scores.</summary>
    /// <param name="state">float32 [batch, ...].</param>
    /// <returns>float32 [batch, outputs].</returns>
    public Tensor Output(Tensor state) => StackedAffine.Of(_headBias, Cell.Readout(state), _headWeight);

    /// <summary>Solves for the equilibrium and reads it out.</summary>
    /// <param name="input">Encoded rows, float32 [batch, inputWidth].</param>
    /// <returns>float32 [batch, outputs], without a graph.</returns>
    public Tensor Predict(Tensor input) => Output(_equilibrium.Solve(input).Solution);

    /// <summary>A copy of the frozen network in managed memory, or <see langword="null"/> where there is none for its cell or solver.</summary>
    /// <param name="code">How encoded rows will be given.</param>
    public ManagedNetwork? CreateManaged(InputCode code)
    {
        if (_equilibrium.Options.ForwardSolver is not FixedPointSolver { AndersonForm: { } settings } || Cell.CreateManaged(code) is not { } cell)
        {
            return null;
        }

        return new ManagedNetwork(cell, settings, new PanelAffine(_headWeight, _headBias), (int)_headBias.numel());
    }

    /// <summary>Multiplies the weights that a dense cell's inputs meet, as if the inputs had been multiplied.</summary>
    public void ScaleInputs(double factor) => (Cell as DenseResidualCell)?.ScaleEmbedding(factor);

    /// <summary>Multiplies the network's outputs by a number.</summary>
    public void ScaleOutputs(double factor)
    {
        using IDisposable noGraph = no_grad();
        _headWeight.mul_(factor.Held());
        _headBias.mul_(factor.Held());
    }

    /// <summary>Takes the parameters of one of the networks of a stack.</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="index">Which network.</param>
    public void CopyFrom(DeepEquilibriumNetwork stack, int index)
    {
        using IDisposable noGraph = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Dictionary<string, Tensor> stacked = stack.state_dict();
        foreach ((string name, Tensor value) in state_dict())
        {
            value.copy_(stacked[name][index]);
        }
    }

    /// <summary>Ends training: the cell's normalised weights are computed once.</summary>
    public void Freeze()
    {
        this.FreezeState();
        Cell.Freeze();
    }
}
