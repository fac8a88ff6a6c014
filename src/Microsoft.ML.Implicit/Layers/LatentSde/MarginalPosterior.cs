using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>
/// The posterior of the latent state at a time as a normal distribution, N(m(t), s(t)²), by a perceptron over context and time whose derivative with respect to time
/// is computed beside it (Bartosh, Vetrov and Naesseth, "SDE Matching: scalable and simulation-free training of latent stochastic differential equations", 2025).
/// </summary>
/// <remarks>
/// Between two targets a path whose ends are known is as uncertain as a Brownian bridge: its variance is s² = a² + (2 k g(m))² b, with the variance b of a bridge of the
/// standard Brownian motion, and a and k between 0 and 1 by the perceptron. Were s as smooth as the context, the posterior could not be that of any diffusion which moves the
/// state visibly from one target to the next, and the bound would be loose by as much. Its mean bends there as a path of the prior's drift does, m'' = f'f, and by q b times the time from target to
/// target with a q by the perceptron: the context between targets has no second derivative, and what the mean's velocity lacks is learned as diffusion.
/// </remarks>
internal sealed class MarginalPosterior : LatentPosterior
{
    private const double SmallestScale = 1e-2;

    // Times at which a row's divergence is looked at in a batch, one in each of as many parts of its time.
    private const int TimesOfRow = 4;

    // Scales begin near 0.3, and near 0.04 where values are observed.
    private const double ScaleOffset = -1;
    private const double ObservedScaleOffset = -3.2;

    // What the noise of observed values is smoothed as at first.
    private const double InitialNoise = 0.02;
    private const int Sweeps = 2;
    private const double Damping = 2.0 / 3;
    private const double SmallestVariance = 1e-8;

    private readonly int _observed;

    [ComponentName(Name = "linear")]
    private readonly Linear _linear;

    [ComponentName(Name = "hidden")]
    private readonly Linear _hidden;

    [ComponentName(Name = "output")]
    private readonly Linear _output;

    [ComponentName(Name = "bridge")]
    private readonly Linear _bridge;

    [ComponentName(Name = "bend")]
    private readonly Linear _bend;

    [ComponentName(Name = "noise")]
    private readonly Parameter _noise;

    /// <param name="context">Width of the context.</param>
    /// <param name="observed">How many of the first elements of the state are values that the context ends with, as far as training leaves them.</param>
    /// <param name="latent">Width of the latent state.</param>
    /// <param name="hidden">Width of the hidden layer.</param>
    /// <param name="generator">Source of the initial weights.</param>
    public MarginalPosterior(long context, int observed, int latent, long hidden, Generator generator)
        : base(nameof(MarginalPosterior))
    {
        long inputs = context + (2 * latent) + 1;
        _observed = observed;
        _linear = Initialization.Zero(inputs, 2 * latent);
        _hidden = Initialization.Linear(inputs, hidden, generator);
        _output = Initialization.Zero(hidden, 2 * latent);
        _bridge = Initialization.Zero(hidden, latent);
        _bend = Initialization.Zero(hidden, latent);
        _noise = new Parameter(zeros(observed));
        using (no_grad())
        {
            _linear.bias!.narrow(0, latent, observed).fill_((ObservedScaleOffset - ScaleOffset).Held());
        }

        RegisterComponents();
    }

    public override (Tensor States, Tensor Divergence) Draw(
        LatentSdePrior prior, TargetContext context, (Tensor Mean, Tensor LogVariance) initial, LatentQuery query, Generator generator, CancellationToken cancellationToken)
    {
        context = Smooth(prior, context, initial, query);
        Tensor parts = empty([initial.Mean.shape[0], TimesOfRow]).uniform_(0, 1, generator).to(initial.Mean.device).Plus(HeldArithmetic.Range(0, TimesOfRow, initial.Mean.device));
        (Tensor between, Tensor weights) = context.Crowd(parts / TimesOfRow.Held() * context.End);
        Tensor length = context.End.squeeze(1) * LatentNetwork.HorizonLength.Held();
        Tensor rate = (Rate(prior, AlongPath(prior, context, between, initial, query), between, query, generator) * weights).mean([1]);
        (Tensor mean, Tensor scale) = AtNodes(context, initial);
        Tensor divergence = Divergence(mean.select(1, 0), scale.select(1, 0).log().mul(2.Held()), initial).Plus(length * rate);
        Tensor states = mean.Plus(scale * NoiseLike(mean, generator)).narrow(1, 1, context.Times.shape[1] - 1);
        return (states.flatten(0, 1), divergence);
    }

    // Half the squared distance, in diffusions, of the prior's drift from the drift that has these marginals, at one state a time, [batch, times].
    private static Tensor Rate(LatentSdePrior prior, LatentMarginal path, Tensor times, LatentQuery query, Generator generator)
    {
        Tensor noise = NoiseLike(path.Mean, generator);
        Tensor state = path.Mean.Plus(path.Scale * noise);
        (Tensor diffusion, Tensor derivative) = prior.Diffusion(state);
        Tensor drift = path.MeanSlope.Plus(path.ScaleSlope * noise).Plus(diffusion * derivative) - (diffusion.Squared() * noise / (2.Held() * path.Scale));
        return ((drift - prior.Drift(state, times, query)) / diffusion).Squared().sum(2).mul(0.5.Held());
    }

    // Means and scales at the start and at the targets.
    private (Tensor Mean, Tensor Scale) AtNodes(TargetContext context, (Tensor Mean, Tensor LogVariance) initial)
    {
        Tensor input = Input(context.Nodes, context.Times, initial);
        (Tensor mean, Tensor scale) = Outputs(input, _hidden.forward(input).tanh(), Base(context.Nodes, initial.Mean));
        return (mean, scale.Softplus().Plus(SmallestScale.Held()));
    }

    /// <summary>
    /// The context with observed values without most of their noise: what its neighbours and the drift say of each joins it with the weight that the diffusion on the way leaves them, by damped
    /// sweeps of Jacobi's method on the squares that a smoother makes least. Were the noise followed, the diffusion would be learned as larger by as much.
    /// </summary>
    /// <param name="prior">Its drift and diffusion.</param>
    /// <param name="context">The targets' values.</param>
    /// <param name="initial">The latent initial state by the history.</param>
    /// <param name="query">The controls and their times.</param>
    public TargetContext Smooth(LatentSdePrior prior, TargetContext context, (Tensor Mean, Tensor LogVariance) initial, LatentQuery query)
    {
        if (_observed == 0)
        {
            return context;
        }

        (Tensor lengths, Tensor areOpen) = context.Gaps();
        long gaps = lengths.shape[1];
        lengths = lengths * LatentNetwork.HorizonLength.Held();
        Tensor values = context.Nodes.narrow(2, context.Nodes.shape[2] - _observed, _observed), shift = zeros_like(values);
        Tensor own = (_noise * (-2).Held()).exp() / (InitialNoise * InitialNoise).Held();
        TargetContext smooth = context;
        for (int sweep = 0; sweep < Sweeps; sweep++)
        {
            Tensor mean = AtNodes(smooth, initial).Mean;
            Tensor drift = prior.Drift(mean, context.Times, query).narrow(2, 0, _observed), variance = prior.Diffusion(mean).Value.narrow(2, 0, _observed).Squared();
            mean = mean.narrow(2, 0, _observed);
            Tensor rest = mean.narrow(1, 1, gaps) - mean.narrow(1, 0, gaps) - (lengths * Between(drift));
            Tensor weight = where(areOpen, (lengths * Between(variance)).clamp_min(SmallestVariance.Held()).reciprocal(), zeros_like(rest)), pull = weight * rest;
            Tensor weights = Pad(weight, 0, 1).Plus(Pad(weight, 1, 0));
            shift = shift.Plus(Damping.Held() * (Pad(pull, 0, 1) - Pad(pull, 1, 0) - (own * shift)) / weights.Plus(own));
            smooth = context.EndingWith(values.Plus(shift));
        }

        return smooth;

        Tensor Between(Tensor nodes) => (nodes.narrow(1, 0, gaps).Plus(nodes.narrow(1, 1, gaps))) / 2.Held();
        static Tensor Pad(Tensor between, long before, long after) => nn.functional.pad(between, [0, 0, before, after]);
    }

    /// <summary>Means and scales with their derivatives in the dynamics' own unit of time.</summary>
    /// <param name="prior">Its diffusion.</param>
    /// <param name="context">The targets' values.</param>
    /// <param name="times">Times in horizons, [batch, times].</param>
    /// <param name="initial">The latent initial state by the history.</param>
    /// <param name="query">The controls and their times.</param>
    public LatentMarginal AlongPath(LatentSdePrior prior, TargetContext context, Tensor times, (Tensor Mean, Tensor LogVariance) initial, LatentQuery query)
    {
        BetweenTargets between = context.At(times);
        Tensor input = Input(between.Value, times, initial);
        Tensor constants = zeros([times.shape[0], times.shape[1], input.shape[2] - between.Slope.shape[2] - 1], times.dtype, times.device);
        Tensor tangent = cat([between.Slope, constants, ones_like(times).unsqueeze(2)], 2) / LatentNetwork.HorizonLength.Held();
        Tensor hidden = _hidden.forward(input).tanh();
        Tensor turned = 1.0.Held().Minus(hidden.Squared()) * tangent.matmul(_hidden.weight.t());
        Tensor[] slopes = tangent.matmul(_linear.weight.t()).Plus(turned.matmul(_output.weight.t())).chunk(2, 2);
        (Tensor line, Tensor offset) = Outputs(input, hidden, Base(between.Value, initial.Mean));
        Tensor bridge = between.Bridge * LatentNetwork.HorizonLength.Held(), gap = between.Gap * LatentNetwork.HorizonLength.Held();
        Tensor bend = gap * _bend.forward(hidden) - Turn(prior, between, initial, query) / 2.Held(), bendSlope = gap * turned.matmul(_bend.weight.t());
        Tensor mean = line.Plus(bridge * bend), meanSlope = slopes[0].Plus(Base(between.Slope / LatentNetwork.HorizonLength.Held(), zeros_like(initial.Mean))).Plus(between.BridgeSlope * bend).Plus(bridge * bendSlope);

        (Tensor diffusion, Tensor derivative) = prior.Diffusion(mean);
        Tensor share = _bridge.forward(hidden).sigmoid(), shareSlope = share * 1.0.Held().Minus(share) * turned.matmul(_bridge.weight.t());
        Tensor width = 2.Held() * share * diffusion, widthSlope = 2.Held() * (shareSlope * diffusion).Plus(share * derivative * meanSlope);
        Tensor scale = offset.Softplus().Plus(SmallestScale.Held()), scaleSlope = offset.sigmoid() * slopes[1];
        Tensor whole = scale.Squared().Plus(width.Squared() * bridge).sqrt();
        Tensor wholeSlope = (scale * scaleSlope).Plus(width * widthSlope * bridge).Plus(width.Squared() * between.BridgeSlope / 2.Held()) / whole;
        return new LatentMarginal(mean, whole, meanSlope, wholeSlope);
    }

    // By how much the drift changes along itself from target to target.
    private Tensor Turn(LatentSdePrior prior, BetweenTargets between, (Tensor Mean, Tensor LogVariance) initial, LatentQuery query)
    {
        Tensor input = Input(between.Middle, between.MiddleTime, initial);
        (Tensor middle, _) = Outputs(input, _hidden.forward(input).tanh(), Base(between.Middle, initial.Mean));
        Tensor half = between.Gap / 2.Held();
        Tensor way = prior.Drift(middle, between.MiddleTime, query) * half * LatentNetwork.HorizonLength.Held();
        Tensor time = half.squeeze(2);
        return prior.Drift(middle.Plus(way), between.MiddleTime.Plus(time), query) - prior.Drift(middle - way, between.MiddleTime - time, query);
    }

    private static Tensor Input(Tensor context, Tensor times, (Tensor Mean, Tensor LogVariance) initial) =>
        cat([context, cat([initial.Mean, initial.LogVariance], 1).unsqueeze(1).expand(-1, times.shape[1], -1), times.unsqueeze(2)], 2);

    // What means are counted from: the values that are observed and, of other elements, what the history says.
    private Tensor Base(Tensor context, Tensor initial) => cat(
        [context.narrow(2, context.shape[2] - _observed, _observed), initial.narrow(1, _observed, initial.shape[1] - _observed).unsqueeze(1).expand(-1, context.shape[1], -1)], 2);

    // Means, and what scales are made of.
    private (Tensor Mean, Tensor Scale) Outputs(Tensor input, Tensor hidden, Tensor origin)
    {
        Tensor[] outputs = _linear.forward(input).Plus(_output.forward(hidden)).chunk(2, 2);
        return (origin.Plus(outputs[0]), outputs[1].Plus(ScaleOffset.Held()));
    }
}
