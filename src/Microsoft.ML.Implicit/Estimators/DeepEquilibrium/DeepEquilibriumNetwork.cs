using System.Globalization;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Layers.Equilibrium.Managed;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Equilibrium layer and linear head, or a stack of such networks.</summary>
internal sealed partial class DeepEquilibriumNetwork : PredictionNetwork
{
    private readonly DeepEquilibriumArchitecture _architecture;
    private readonly int _networks;
    private readonly Generator _generator;

    [ComponentName(Name = "equilibrium")]
    private readonly DeepEquilibrium _equilibrium;

    /// <summary>Creates the network with random weights.</summary>
    /// <param name="architecture">Sizes and solver.</param>
    /// <param name="encodedWidth">Length of an encoded row.</param>
    /// <param name="generator">Source of the weights and of dropout, on the CPU; kept.</param>
    /// <param name="stackedDropout">Dropout of each network of a stack; null for one network.</param>
    public DeepEquilibriumNetwork(DeepEquilibriumArchitecture architecture, int encodedWidth, Generator generator, double[]? stackedDropout = null)
        : this(architecture, new CategoryEmbedding(encodedWidth, architecture.Levels, stackedDropout?.Length), generator, stackedDropout)
    {
    }

    private DeepEquilibriumNetwork(DeepEquilibriumArchitecture architecture, CategoryEmbedding categories, Generator generator, double[]? stackedDropout)
        : this(architecture, categories, architecture.CreateCell(categories.Width, generator, stackedDropout), generator, stackedDropout?.Length)
    {
    }

    private DeepEquilibriumNetwork(DeepEquilibriumArchitecture architecture, CategoryEmbedding categories, FeatureCell cell, Generator generator, int? stackSize)
        : base(nameof(DeepEquilibriumNetwork), categories, cell.FeatureWidth, architecture.OutputWidth, stackSize)
    {
        (_architecture, _networks, _generator) = (architecture, stackSize ?? 1, generator);
        _equilibrium = new DeepEquilibrium(cell, new EquilibriumSettings
        {
            ForwardSolver = architecture.CreateSolver(architecture.Tolerance),
            BackwardSolver = architecture.CreateSolver(architecture.GradientTolerance ?? architecture.Tolerance),

            // A row that needs more iterations is scored, and trains, at its best iterate.
            ThrowOnFailure = false,
        });
        RegisterComponents();
    }

    public override string UnsolvedRows => string.Create(
        CultureInfo.InvariantCulture,
        $"fixed points met in training did not reach Tolerance ({_architecture.Tolerance}) within MaximumIterations ({_architecture.MaximumIterations}); the best iterates were used. Raise either.");

    private protected override (Parameter Weight, Parameter Bias)? InputMap => Cell is DenseResidualCell dense ? dense.Embedding : null;

    private FeatureCell Cell => (FeatureCell)_equilibrium.Cell;

    public override Tensor Predict(Tensor input, float[]? evaluations = null) => Output(_equilibrium.Solve(input).Solution);

    public override Tensor Forward(Tensor input) => Output(_equilibrium.forward(input));

    public override NetworkStep Backward(Tensor input, Func<Tensor, Tensor> loss, CancellationToken cancellationToken)
    {
        EquilibriumBackward result = _equilibrium.Backward(input, state => loss(Output(state)), cancellationToken: cancellationToken);
        FixedPointResult equilibrium = result.Equilibrium;
        int unsolved = equilibrium.AllConverged ? 0 : equilibrium.Statuses.Count(status => status != SolveStatus.Converged);
        return new NetworkStep(equilibrium.Iterations, unsolved, _architecture.JacobianPenalty > 0 ? Penalize(equilibrium.Solution, input) : null);
    }

    public override ManagedNetwork? CreateManaged(InputCode code) =>
        _equilibrium.Options.ForwardSolver is FixedPointSolver { AndersonForm: { } settings } && _categories.Coded(code, Cell.FeatureWidth) is { } coded && Cell.CreateManaged(coded) is { } cell
            ? new ManagedEquilibriumNetwork(cell, settings, new PanelAffine(_headWeight, _headBias), (int)_headBias.numel())
            : null;

    /// <summary>Ends training: the cell's normalised weights are computed once.</summary>
    public override void Freeze()
    {
        base.Freeze();
        Cell.Freeze();
    }

    private Tensor Output(Tensor state) => StackedAffine.Of(_headBias, Cell.Readout(state), _headWeight);

    private Tensor Penalize(Tensor equilibrium, Tensor input)
    {
        // A mean over the rows of all networks, each of which has its own.
        Tensor penalty = _architecture.JacobianPenalty.Held() * JacobianRegularization.FrobeniusNorm(Cell, equilibrium, input, _generator);
        ImplicitBackward.Run(() => (penalty * ((double)_networks).Held()).backward());
        return penalty.detach();
    }
}
