using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Sde;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>
/// Simulates the prior from a distribution of initial states, some steps of the grid at a time, so that memory does not grow with their number, and gives the states at
/// the targets. Between two steps a path deviates from the line between them as a Brownian bridge does.
/// </summary>
/// <param name="method">The method.</param>
/// <param name="equation">The prior for all paths.</param>
/// <param name="noise">Their noise.</param>
/// <param name="signs">Its signs, [paths in all, 1].</param>
/// <param name="query">The times.</param>
/// <param name="cancellationToken">Looked at in every step.</param>
internal sealed class LatentPaths(LatentPathMethod method, LatentSdeEquation equation, PathNoise noise, Tensor signs, LatentQuery query, CancellationToken cancellationToken)
{
    private const int StepsAtOnce = 32;

    // The space-time Lévy area has a twelfth of a step's variance, and the bridge θ (1 - θ) of it.
    private const double AreasInStep = 12;
    private const double NarrowestBridge = 1e-6;

    private readonly double[] _times = [.. query.Grid.Select(time => time * LatentNetwork.HorizonLength)];

    private long Rows => noise.Rows;

    /// <summary>The part of a step's space-time Lévy area that a path is off the line between the step's ends by, in diffusions.</summary>
    /// <param name="theta">Place between the ends, from 0 to 1.</param>
    public static double AreaShare(double theta) => theta * (1 - theta) is > NarrowestBridge and var bridge ? Math.Sqrt(bridge * AreasInStep) : 0;

    /// <summary>Simulates.</summary>
    /// <param name="mean">Mean of the initial states, [rows, latent].</param>
    /// <param name="logVariance">Logarithm of their variance, likewise.</param>
    /// <param name="read">Told some targets, as indices int64 [targets], and the states there, [targets, paths, latent], both gone afterwards.</param>
    public void Simulate(Tensor mean, Tensor logVariance, Action<Tensor, Tensor> read)
    {
        int latent = (int)mean.shape[1];
        BrownianPath path = noise.Along(_times, latent, noise.SeedsOfAll);
        int[][] targets = TargetsByStep();
        Tensor state = Start(mean, logVariance, latent);
        try
        {
            for (int first = 0; first < _times.Length - 1; first += StepsAtOnce)
            {
                int last = Math.Min(first + StepsAtOnce, _times.Length - 1);
                using DisposeScope scope = NewDisposeScope();
                using SdeSolution solution = Solve(state, path, first, last);
                state.Dispose();
                state = solution.States[last - first].clone().DetachFromDisposeScope();
                if (targets[first..last].SelectMany(step => step).ToArray() is { Length: > 0 } reached)
                {
                    read(Indices(reached, target => target), Between(solution.States, path, reached, first));
                }
            }
        }
        finally
        {
            state.Dispose();
        }
    }

    private Tensor Start(Tensor mean, Tensor logVariance, int latent)
    {
        using DisposeScope scope = NewDisposeScope();

        Tensor normal = new BrownianPath(PathNoise.OfInitialStates(noise.SeedsOfAll), latent, 0, 1).Increment(0, 1, mean.dtype, mean.device).W * signs;
        return PerPath(mean).Plus(PerPath((logVariance / 2.Held()).exp()) * normal).DetachFromDisposeScope();
    }

    private Tensor Indices(int[] targets, Converter<int, long> index) => tensor(Array.ConvertAll(targets, index), device: signs.device);

    private Tensor PerPath(Tensor rows) => rows.repeat_interleave(noise.Paths, 0);

    private SdeSolution Solve(Tensor state, BrownianPath path, int first, int last) =>
        SdeSolver.Solve(method.Form(equation), state, _times.AsSpan(first, last - first + 1), path, method.Options(cancellationToken));

    private int[][] TargetsByStep()
    {
        var steps = new List<int>[_times.Length - 1];
        for (int target = 0; target < query.Lower.Length; target++)
        {
            (steps[query.Lower[target] / Rows] ??= []).Add(target);
        }

        return Array.ConvertAll(steps, step => step?.ToArray() ?? []);
    }

    private Tensor Between(Tensor states, BrownianPath path, int[] targets, int first)
    {
        Tensor theta = query.Thetas.index_select(0, Indices(targets, target => target)).unsqueeze(2);
        Tensor lower = Indices(targets, target => query.Lower[target] - (first * Rows));
        Tensor nodes = states.view(-1, noise.Paths, states.shape[2]);
        Tensor left = nodes.index_select(0, lower);
        Tensor points = left.Plus(theta * (nodes.index_select(0, lower.Plus(Rows.Held())) - left));
        if (!Array.Exists(targets, target => query.Places[target] * (1 - query.Places[target]) > NarrowestBridge))
        {
            return points;
        }

        Tensor bridge = theta * 1.0.Held().Minus(theta);
        using IBrownianReader reader = path.Open(states.dtype, states.device);
        Tensor areas = stack([.. Enumerable.Range(first, (int)states.shape[0] - 1).Select(step => reader.Area(_times[step], _times[step + 1]) * signs)]);
        Tensor deviation = areas.view(-1, noise.Paths, states.shape[2]).index_select(0, lower) * (bridge * AreasInStep.Held()).sqrt();
        Tensor diffusion = equation.Spread(left.view(-1, states.shape[2])).view_as(left);
        return points.Plus(diffusion * deviation);
    }
}
