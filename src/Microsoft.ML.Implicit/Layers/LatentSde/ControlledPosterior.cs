using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Layers.Sde;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>
/// The posterior of the latent path as an equation with the prior's diffusion, whose drift is the prior's and a control times the diffusion (Li, Wong, Chen and
/// Duvenaud, "Scalable gradients for stochastic differential equations", 2020).
/// </summary>
internal sealed class ControlledPosterior : LatentPosterior
{
    private readonly LatentPathMethod _method;

    [ComponentName(Name = "start")]
    private readonly ResidualHead _start;

    [ComponentName(Name = "control")]
    private readonly ResidualHead _control;

    /// <param name="context">Width of the context.</param>
    /// <param name="latent">Width of the latent state.</param>
    /// <param name="hidden">Width of the hidden layers.</param>
    /// <param name="method">Method by which it is simulated.</param>
    /// <param name="generator">Source of the initial weights.</param>
    public ControlledPosterior(long context, long latent, long hidden, LatentPathMethod method, Generator generator)
        : base(nameof(ControlledPosterior))
    {
        _method = method;
        _start = new ResidualHead(context + (2 * latent), hidden, 2 * latent, startsAtZero: true, generator);
        _control = new ResidualHead((2 * latent) + context, hidden, latent, startsAtZero: true, generator);
        RegisterComponents();
    }

    /// <summary>The control, [batch, latent].</summary>
    /// <param name="state">Latent state, [batch, latent].</param>
    /// <param name="context">What is known of the values to come and of the history, [batch, context + latent].</param>
    public Tensor Control(Tensor state, Tensor context) => _control.forward(cat([state, context], 1));

    public override (Tensor States, Tensor Divergence) Draw(
        LatentSdePrior prior, TargetContext context, (Tensor Mean, Tensor LogVariance) initial, LatentQuery query, Generator generator, CancellationToken cancellationToken)
    {
        (long rows, long latent) = (initial.Mean.shape[0], initial.Mean.shape[1]);
        double[] times = [.. query.Grid.Select(time => time * LatentNetwork.HorizonLength)];
        Tensor grid = NativeTensor.Of(Array.ConvertAll(query.Grid, time => (float)time), [1, times.Length], initial.Mean.device).expand(rows, -1);
        Tensor values = context.At(grid).Value;
        Tensor contexts = cat([values, initial.Mean.unsqueeze(1).expand(-1, times.Length, -1), grid.lt(context.End).to(values.dtype).unsqueeze(2)], 2).transpose(0, 1);
        Tensor[] start = _start.forward(cat([values.select(1, 0), initial.Mean, initial.LogVariance], 1)).chunk(2, 1);
        Tensor mean = initial.Mean.Plus(start[0]), logVariance = initial.LogVariance.Plus(start[1]).clamp((-12).Held(), 4.Held());
        Tensor state = mean.Plus((logVariance / 2.Held()).exp() * NoiseLike(mean, generator));

        long seed = randint(long.MaxValue, [1], ScalarType.Int64, generator: generator).item<long>();
        var noise = new BrownianPath(BrownianPath.Seeds(seed, (int)rows), (int)latent + 1, 0, times[^1], times.Length - 1);
        LatentSdeEquation equation = prior.Equation(query, ones([rows, 1], mean.dtype, mean.device));
        var posterior = new ControlledEquation(equation, [.. prior.Parameters, .. _control.parameters()], this, contexts, times[1]);
        var layer = new NeuralSde(_method.Form(posterior), _method.Options(cancellationToken));
        Tensor nodes = layer.forward(nn.functional.pad(state, [0, 1]), times, noise);
        Tensor flat = nodes.narrow(2, 0, latent).flatten(0, 1);
        Tensor left = flat.index_select(0, query.LowerIndices), right = flat.index_select(0, query.LowerIndices.Plus(rows.Held()));
        return (left.Plus(query.Thetas * (right - left)), Divergence(mean, logVariance, initial).Plus(nodes[^1].select(1, latent)));
    }
}
