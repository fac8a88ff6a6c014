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
internal sealed class MarginalPosterior : LatentPosterior
{
    private const double SmallestScale = 1e-2;

    // Times at which a row's divergence is looked at in a batch, one in each of as many parts of its time.
    private const int TimesOfRow = 4;

    // Scales begin near 0.3.
    private const double ScaleOffset = -1;

    [ComponentName(Name = "linear")]
    private readonly Linear _linear;

    [ComponentName(Name = "hidden")]
    private readonly Linear _hidden;

    [ComponentName(Name = "output")]
    private readonly Linear _output;

    /// <param name="context">Width of the context.</param>
    /// <param name="latent">Width of the latent state.</param>
    /// <param name="hidden">Width of the hidden layer.</param>
    /// <param name="generator">Source of the initial weights.</param>
    public MarginalPosterior(long context, long latent, long hidden, Generator generator)
        : base(nameof(MarginalPosterior))
    {
        long inputs = context + (2 * latent) + 1;
        _linear = Initialization.Zero(inputs, 2 * latent);
        _hidden = Initialization.Linear(inputs, hidden, generator);
        _output = Initialization.Zero(hidden, 2 * latent);
        RegisterComponents();
    }

    public override (Tensor States, Tensor Divergence) Draw(
        LatentSdePrior prior, TargetContext context, (Tensor Mean, Tensor LogVariance) initial, LatentQuery query, Generator generator, CancellationToken cancellationToken)
    {
        Tensor parts = empty([initial.Mean.shape[0], TimesOfRow]).uniform_(0, 1, generator).to(initial.Mean.device).Plus(HeldArithmetic.Range(0, TimesOfRow, initial.Mean.device));
        Tensor between = parts / TimesOfRow.Held() * context.End;
        LatentMarginal marginal = At(context, cat([zeros_like(context.End), between, context.Times], 1), initial);
        LatentMarginal start = marginal.Narrow(0, 1), path = marginal.Narrow(1, TimesOfRow), targets = marginal.Narrow(1 + TimesOfRow, context.Times.shape[1]);
        Tensor length = context.End.squeeze(1) * LatentNetwork.HorizonLength.Held();
        Tensor divergence = Divergence(start.Mean.squeeze(1), start.Scale.squeeze(1).log().mul(2.Held()), initial).Plus(length * Rate(prior, path, between, query, generator));
        return (targets.Mean.Plus(targets.Scale * NoiseLike(targets.Mean, generator)).flatten(0, 1), divergence);
    }

    // Half the squared distance, in diffusions, of the prior's drift from the drift that has these marginals, at one state a time, [batch].
    private static Tensor Rate(LatentSdePrior prior, LatentMarginal path, Tensor times, LatentQuery query, Generator generator)
    {
        Tensor noise = NoiseLike(path.Mean, generator);
        Tensor state = path.Mean.Plus(path.Scale * noise);
        (Tensor diffusion, Tensor derivative) = prior.Diffusion(state);
        Tensor drift = path.MeanSlope.Plus(path.ScaleSlope * noise).Plus(diffusion * derivative) - (diffusion.Squared() * noise / (2.Held() * path.Scale));
        return ((drift - prior.Drift(state, times, query)) / diffusion).Squared().sum(2).mean([1]).mul(0.5.Held());
    }

    // Means and scales at times in horizons, [batch, times], with their derivatives in the dynamics' own unit of time.
    private LatentMarginal At(TargetContext context, Tensor times, (Tensor Mean, Tensor LogVariance) initial)
    {
        (Tensor value, Tensor slope) = context.At(times);
        Tensor history = cat([initial.Mean, initial.LogVariance], 1).unsqueeze(1).expand(-1, times.shape[1], -1);
        Tensor time = times.unsqueeze(2);
        Tensor input = cat([value, history, time], 2), tangent = cat([slope, zeros_like(history), ones_like(time)], 2);
        Tensor hidden = _hidden.forward(input).tanh();
        Tensor turned = 1.0.Held().Minus(hidden.Squared()) * tangent.matmul(_hidden.weight.t());
        Tensor[] outputs = _linear.forward(input).Plus(_output.forward(hidden)).chunk(2, 2);
        Tensor[] slopes = tangent.matmul(_linear.weight.t()).Plus(turned.matmul(_output.weight.t())).mul((1 / LatentNetwork.HorizonLength).Held()).chunk(2, 2);
        Tensor scale = outputs[1].Plus(ScaleOffset.Held());
        return new LatentMarginal(
            initial.Mean.unsqueeze(1).Plus(outputs[0]), scale.Softplus().Plus(SmallestScale.Held()), slopes[0], scale.sigmoid() * slopes[1]);
    }
}
