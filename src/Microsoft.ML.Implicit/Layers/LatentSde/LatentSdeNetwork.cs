using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Layers.LatentSde.Managed;
using Microsoft.ML.Implicit.Native;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>
/// A latent stochastic differential equation (Li, Wong, Chen and Duvenaud, "Scalable gradients for stochastic differential equations", 2020): an encoder of the history
/// gives a Gaussian over the latent initial state, a stochastic equation carries it through time, and a decoder reads a mean and a scale of the noise off it at any time.
/// For training, a posterior says where the path was, from what came after.
/// </summary>
/// <remarks>
/// The first elements of the state are the levels of the variables at first: the initial state is told where they start from, the decoder reads them off and subtracts the start, and
/// the posterior is told the observed ones. Training is free to leave that. A drift that depends on a level need not be learned as a function of start and change then, and the
/// posterior need not learn to remember values exactly before noise of observation, which is learned as too large meanwhile, can shrink.
/// </remarks>
internal sealed class LatentSdeNetwork : LatentNetwork
{
    private const long ForecastSeed = 0;

    // To tell one epoch's network from another's, while it is trained.
    private const int MostPathsInTraining = 16;

    // Scales of observations begin near 0.04: residuals raise them in few steps where that is too little, while they shrink slowly where it is too much.
    private const double InitialScaleOutput = -3.7;

    private readonly LatentPathMethod _method;
    private readonly int _paths;
    private readonly int _levels;

    [ComponentName(Name = "encoder")]
    private readonly SeriesEncoder _encoder;

    [ComponentName(Name = "initial")]
    private readonly ResidualHead _initial;

    [ComponentName(Name = "prior")]
    private readonly LatentSdePrior _prior;

    [ComponentName(Name = "decoder")]
    private readonly ResidualHead _decoder;

    [ComponentName(Name = "targets")]
    private readonly TargetEncoder _targets;

    [ComponentName(Name = "posterior")]
    private readonly LatentPosterior _posterior;

    /// <param name="encoder">Encoder of histories.</param>
    /// <param name="sizes">Widths.</param>
    /// <param name="method">Method by which paths are simulated.</param>
    /// <param name="isSimulated">Whether the posterior is simulated in training, rather than given by its marginals.</param>
    /// <param name="paths">Paths behind a forecast, an even number.</param>
    /// <param name="levels">How many elements of the state are levels of variables at first: none where one leaves its past values behind, and in models of earlier versions.</param>
    /// <param name="generator">Source of the initial weights.</param>
    public LatentSdeNetwork(SeriesEncoder encoder, LatentOdeSizes sizes, LatentPathMethod method, bool isSimulated, int paths, int levels, Generator generator)
        : base(nameof(LatentSdeNetwork))
    {
        _method = method;
        _paths = paths;
        _encoder = encoder;
        _initial = new ResidualHead(encoder.StateWidth + sizes.Features, sizes.Hidden, 2 * sizes.Latent, startsAtZero: false, generator);
        _prior = new LatentSdePrior(sizes, bends: levels > 0, generator);
        _decoder = new ResidualHead(sizes.Latent + sizes.TargetFeatures, sizes.Hidden, 2 * sizes.Variables, startsAtZero: true, generator);
        _targets = new TargetEncoder(sizes, generator);
        _levels = levels;
        if (_levels > 0)
        {
            _decoder.StartAt(_levels, sizes.Variables, InitialScaleOutput);
        }

        int context = sizes.Hidden + _levels;
        _posterior = isSimulated
            ? new ControlledPosterior(context, sizes.Latent, sizes.Hidden, method, generator)
            : new MarginalPosterior(context, _levels, sizes.Latent, sizes.Hidden, generator);
        RegisterComponents();
    }

    public override SeriesEncoder Encoder => _encoder;

    protected override ResidualHead InitialState => _initial;

    protected override ResidualHead Decoder => _decoder;

    public override (Tensor Mean, Tensor Scale) Predict(Tensor initialMean, Tensor initialLogVariance, LatentQuery query, CancellationToken cancellationToken)
    {
        PathNoise noise = ForecastNoise((int)initialMean.shape[0], training ? Math.Min(MostPathsInTraining, _paths) : _paths);
        return Predict(initialMean, initialLogVariance, query, noise, cancellationToken);
    }

    /// <summary>The noise behind forecasts.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="paths">Number of paths of each, even.</param>
    public static PathNoise ForecastNoise(int rows, int paths) => PathNoise.Common(ForecastSeed, rows, paths);

    /// <summary>As the method of the base, from the paths of a noise.</summary>
    public (Tensor Mean, Tensor Scale) Predict(Tensor initialMean, Tensor initialLogVariance, LatentQuery query, PathNoise noise, CancellationToken cancellationToken)
    {
        (Tensor means, Tensor scales) = Simulate(initialMean, initialLogVariance, query, noise, cancellationToken);
        Tensor mean = means.mean([1]);
        Tensor variance = (means - mean.unsqueeze(1)).Squared().Plus(scales.Squared()).mean([1]);
        return (mean, variance.sqrt());
    }

    /// <summary>Mean and scale of what is observed on each path, each [targets, paths, variables], outside autograd.</summary>
    /// <param name="initialMean">Mean of the latent initial state, [batch, latent].</param>
    /// <param name="initialLogVariance">Logarithm of its variance, likewise.</param>
    /// <param name="query">The times.</param>
    /// <param name="noise">The noise.</param>
    /// <param name="cancellationToken">Looked at in every step.</param>
    public (Tensor Mean, Tensor Scale) Simulate(Tensor initialMean, Tensor initialLogVariance, LatentQuery query, PathNoise noise, CancellationToken cancellationToken)
    {
        long targets = query.LowerIndices.shape[0], variables = _decoder.Outputs / 2;
        initialMean = Placed(initialMean, query);
        Tensor starts = Starts(query, targets).unsqueeze(1);
        if (_prior.IsManaged(initialMean))
        {
            using ManagedLatentPaths paths = _prior.CreateManaged(_method, _decoder, query, noise);
            paths.Simulate(initialMean.ReadSingles(), initialLogVariance.ReadSingles(), cancellationToken);
            long[] shape = [targets, noise.Paths, variables];
            return (NativeTensor.Of(paths.Means, shape, initialMean.device) - starts, NativeTensor.Of(paths.Scales, shape, initialMean.device));
        }

        Tensor means = zeros([targets, noise.Paths, variables], initialMean.dtype, initialMean.device), scales = zeros_like(means);
        Tensor signs = noise.Signs(initialMean.dtype, initialMean.device);
        LatentSdeEquation equation = _prior.Equation(query with { Controls = query.Controls?.repeat_interleave(noise.Paths, 1) }, signs);
        new LatentPaths(_method, equation, noise, signs, query, cancellationToken).Simulate(initialMean, initialLogVariance, (reached, states) =>
        {
            Tensor features = query.TargetFeatures.index_select(0, reached).unsqueeze(1).expand(-1, noise.Paths, -1);
            (Tensor mean, Tensor scale) = Decode(states.flatten(0, 1), features.flatten(0, 1));
            means.index_copy_(0, reached, mean.view(-1, noise.Paths, variables));
            scales.index_copy_(0, reached, scale.view(-1, noise.Paths, variables));
        });
        return (means - starts, scales);
    }

    /// <summary>Reads targets that are known, to be pulled back later.</summary>
    /// <param name="targets">[batch, targets, variables], 0 where not observed.</param>
    /// <param name="mask">1 where observed, likewise.</param>
    /// <param name="query">Their times.</param>
    public SeriesEncoding EncodeTargets(Tensor targets, Tensor mask, LatentQuery query) => _targets.Encode(targets, mask, query.TargetFeatures);

    /// <summary>Draws latent states at targets that are known from the posterior, and decodes them, within autograd.</summary>
    /// <param name="initialMean">Mean of the latent initial state, [batch, latent].</param>
    /// <param name="initialLogVariance">Logarithm of its variance, likewise.</param>
    /// <param name="states">What <see cref="EncodeTargets"/> made of the targets.</param>
    /// <param name="targets">The targets, [batch, targets, variables], 0 where not observed.</param>
    /// <param name="mask">1 where observed, likewise.</param>
    /// <param name="query">Their times.</param>
    /// <param name="generator">Source of noise, on the CPU.</param>
    /// <param name="cancellationToken">Looked at in every step of a simulation.</param>
    /// <returns>Mean and scale, each [batch * targets, variables], and the divergence of the posterior from the prior, [batch].</returns>
    public (Tensor Mean, Tensor Scale, Tensor Divergence) Reconstruct(
        Tensor initialMean, Tensor initialLogVariance, Tensor states, Tensor targets, Tensor mask, LatentQuery query, Generator generator, CancellationToken cancellationToken)
    {
        Tensor levels = Levels(query);
        TargetContext context = TargetEncoder.Context(states, levels, levels.unsqueeze(1).Plus(targets.narrow(2, 0, _levels)), mask, query.TargetFeatures);
        (Tensor drawn, Tensor divergence) = _posterior.Draw(_prior, context, (Placed(initialMean, query), initialLogVariance), query, generator, cancellationToken);
        (Tensor mean, Tensor scale) = Decode(drawn, query.TargetFeatures);
        return (mean - Starts(query, drawn.shape[0]), scale, divergence);
    }

    // The levels of the variables that the state holds, [batch, such variables].
    private Tensor Levels(LatentQuery query) =>
        query.Levels?.narrow(1, 0, _levels) ?? throw new ArgumentException("A latent SDE has to know the levels that changes are counted from.", nameof(query));

    // The initial state, counted from the levels.
    private Tensor Placed(Tensor initialMean, LatentQuery query) => initialMean.Plus(nn.functional.pad(Levels(query), [0, initialMean.shape[1] - _levels]));

    // What levels at targets are changes from, [targets, variables]; 0 for variables that the state does not hold.
    private Tensor Starts(LatentQuery query, long targets)
    {
        Tensor levels = Levels(query);
        return nn.functional.pad(levels, [0, (_decoder.Outputs / 2) - _levels]).repeat_interleave(targets / levels.shape[0], 0);
    }
}
