using Microsoft.ML.Implicit.Layers.LatentOde.Managed;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>
/// A latent ODE (Rubanova, Chen and Duvenaud, "Latent ODEs for irregularly-sampled time series", 2019): an encoder of the
/// history gives a Gaussian over the latent initial state, an ODE carries it through time, and a decoder reads a mean
/// and a scale of the noise off it at any time.
/// </summary>
internal sealed class LatentOdeNetwork : LatentNetwork
{
    // The dynamics are to hold over many steps; they need more room than what reads and decodes their state.
    private const int DynamicsWidening = 2;

    private readonly long _latentWidth;

    [ComponentName(Name = "encoder")]
    private readonly SeriesEncoder _encoder;

    [ComponentName(Name = "posterior")]
    private readonly ResidualHead _posterior;

    [ComponentName(Name = "dynamics")]
    private readonly MlpDynamics _dynamics;

    [ComponentName(Name = "decoder")]
    private readonly ResidualHead _decoder;

    /// <param name="encoder">Encoder of histories.</param>
    /// <param name="sizes">Widths.</param>
    /// <param name="generator">Source of the initial weights.</param>
    public LatentOdeNetwork(SeriesEncoder encoder, LatentOdeSizes sizes, Generator generator)
        : base(nameof(LatentOdeNetwork))
    {
        _latentWidth = sizes.Latent;
        _encoder = encoder;
        _posterior = new ResidualHead(encoder.StateWidth + sizes.Features, sizes.Hidden, 2 * sizes.Latent, startsAtZero: false, generator);
        _dynamics = new MlpDynamics(sizes.Latent + sizes.Controls, [DynamicsWidening * sizes.Hidden], generator);
        _decoder = new ResidualHead(sizes.Latent + sizes.TargetFeatures, sizes.Hidden, 2 * sizes.Variables, startsAtZero: true, generator);
        RegisterComponents();
    }

    public IReadOnlyList<Tensor> DynamicsParameters => _dynamics.Parameters;

    public override SeriesEncoder Encoder => _encoder;

    protected override ResidualHead InitialState => _posterior;

    protected override ResidualHead Decoder => _decoder;

    public override ManagedLatentOde? CreateManaged()
    {
        if (!ManagedDynamics.Suits(_dynamics.Parameters[0], _dynamics.Parameters) || _encoder.CreateManaged() is not { } encoder)
        {
            return null;
        }

        PanelAffine[] layers = [.. _dynamics.Layers.Select(layer => new PanelAffine(layer.Weight, layer.Bias))];
        return new ManagedLatentOde(encoder, _posterior.CreateManaged(), new ManagedLatentPath(layers, (int)_latentWidth), _decoder.CreateManaged(), _decoder.Outputs / 2);
    }

    public override (Tensor Mean, Tensor Scale) Predict(Tensor initialMean, Tensor initialLogVariance, LatentQuery query, CancellationToken cancellationToken)
    {
        using OdeSolution solution = Solve(initialMean, query.Grid, query.Controls, differentiable: false, cancellationToken);
        return Decode(solution.States, query);
    }

    /// <summary>The latent path through the grid times, outside autograd.</summary>
    /// <param name="initialState">[batch, latent].</param>
    /// <param name="grid">Equally spaced times from 0, in horizons.</param>
    /// <param name="controls">[grid, batch, controls], or <see langword="null"/>.</param>
    /// <param name="differentiable">Whether gradients will be asked for.</param>
    /// <param name="cancellationToken">Looked at in every step.</param>
    public OdeSolution Solve(Tensor initialState, double[] grid, Tensor? controls, bool differentiable, CancellationToken cancellationToken)
    {
        double[] times = [.. grid.Select(time => time * HorizonLength)];
        IDifferentiableOdeTerm term = controls is null ? _dynamics : new DrivenDynamics(_dynamics, controls, times[1] - times[0]);
        var options = new OdeOptions
        {
            Method = OdeMethods.RungeKutta4,
            StepControl = new FixedStepControl(double.PositiveInfinity),
            MaximumSteps = int.MaxValue,
            CancellationToken = cancellationToken,
        };
        return OdeSolver.Solve(term, initialState, times, options, differentiable);
    }

    /// <summary>Mean and scale at times between those of a grid, within autograd.</summary>
    /// <param name="states">The latent path, [grid, batch, latent].</param>
    /// <param name="query">The times.</param>
    /// <returns>Mean and scale, each [targets, variables].</returns>
    public (Tensor Mean, Tensor Scale) Decode(Tensor states, LatentQuery query)
    {
        Tensor? controls = query.Controls;
        Tensor slopes = _dynamics.Evaluate(0, controls is null ? states : cat([states, controls], -1)).narrow(-1, 0, _latentWidth) * (query.Grid[1] * HorizonLength).Held();
        Tensor nodes = cat([states, slopes], -1).view(-1, 2 * _latentWidth);
        Tensor latent = Interpolate(nodes.index_select(0, query.LowerIndices), nodes.index_select(0, query.LowerIndices.Plus(states.shape[1].Held())), query.Thetas);
        return Decode(latent, query.TargetFeatures);
    }

    // Cubic Hermite interpolation of states and slopes at both ends of a step.
    private Tensor Interpolate(Tensor lower, Tensor upper, Tensor theta)
    {
        Tensor start = lower.narrow(1, 0, _latentWidth);
        Tensor difference = upper.narrow(1, 0, _latentWidth) - start;
        Tensor startSlope = lower.narrow(1, _latentWidth, _latentWidth);
        Tensor endSlope = upper.narrow(1, _latentWidth, _latentWidth);
        Tensor cubic = startSlope.Plus(endSlope) - (2.Held() * difference);
        Tensor quadratic = difference - startSlope - cubic;
        return start.Plus(theta * startSlope.Plus(theta * quadratic.Plus(theta * cubic)));
    }
}
