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
internal sealed class LatentOdeNetwork : nn.Module
{
    // Length of the longest horizon in the dynamics' own unit of time: with the usual initial weights a path may then turn several times within it.
    public const double HorizonLength = 8;

    // The dynamics are to hold over many steps; they need more room than what reads and decodes their state.
    private const int DynamicsWidening = 2;
    public const double SmallestScale = 1e-3;

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

    /// <summary>What a decoder's output says of the scale of the noise, log(1 + exp(x + 1/2)) + least.</summary>
    public static float Scale(float output)
    {
        double shifted = output + 0.5;
        return (float)(Math.Max(shifted, 0) + double.LogP1(Math.Exp(-Math.Abs(shifted))) + SmallestScale);
    }

    public IReadOnlyList<Tensor> DynamicsParameters => _dynamics.Parameters;

    public SeriesEncoder Encoder => _encoder;

    /// <summary>A copy of the frozen network in managed memory, or <see langword="null"/> where there is none for its encoder or device, or it is best evaluated by tensor operations.</summary>
    public ManagedLatentOde? CreateManaged()
    {
        if (!ManagedDynamics.Suits(_dynamics.Parameters[0], _dynamics.Parameters) || _encoder.CreateManaged() is not { } encoder)
        {
            return null;
        }

        PanelAffine[] layers = [.. _dynamics.Layers.Select(layer => new PanelAffine(layer.Weight, layer.Bias))];
        return new ManagedLatentOde(encoder, _posterior.CreateManaged(), new ManagedLatentPath(layers, (int)_latentWidth), _decoder.CreateManaged(), _decoder.Outputs / 2);
    }

    /// <summary>Mean and logarithm of the variance of the latent initial state, each [batch, latent].</summary>
    /// <param name="state">The encoder's state, [batch, state].</param>
    /// <param name="lastFeatures">Features of the observation read last, [batch, features].</param>
    public (Tensor Mean, Tensor LogVariance) Posterior(Tensor state, Tensor lastFeatures)
    {
        Tensor[] parts = _posterior.forward(cat([state, lastFeatures], 1)).chunk(2, 1);
        return (parts[0], (parts[1] - 2.Held()).clamp((-12).Held(), 4.Held()));
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
    /// <param name="gridStep">Time between grid times, in horizons.</param>
    /// <param name="controls">[grid, batch, controls], or <see langword="null"/>.</param>
    /// <param name="lowerIndices">Grid time before each target times the batch size plus its row, int64 [targets].</param>
    /// <param name="thetas">Place between two grid times, [targets, 1].</param>
    /// <param name="targetFeatures">[targets, target features].</param>
    /// <returns>Mean and scale, each [targets, variables].</returns>
    public (Tensor Mean, Tensor Scale) Decode(Tensor states, double gridStep, Tensor? controls, Tensor lowerIndices, Tensor thetas, Tensor targetFeatures)
    {
        Tensor slopes = _dynamics.Evaluate(0, controls is null ? states : cat([states, controls], -1)).narrow(-1, 0, _latentWidth) * (gridStep * HorizonLength).Held();
        Tensor nodes = cat([states, slopes], -1).view(-1, 2 * _latentWidth);
        Tensor latent = Interpolate(nodes.index_select(0, lowerIndices), nodes.index_select(0, lowerIndices.Plus(states.shape[1].Held())), thetas);
        Tensor[] parts = _decoder.forward(cat([latent, targetFeatures], 1)).chunk(2, 1);
        return (parts[0], parts[1].Plus(0.5.Held()).Softplus().Plus(SmallestScale.Held()));
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
