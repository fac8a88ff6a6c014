using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Directional;

/// <summary>
/// A mixture of von Mises-Fisher distributions, exp(κ μ·x) up to a factor, on the circle or the sphere of space; with one
/// component at each training row it is a kernel density.
/// </summary>
/// <param name="Means">μ, float64 [components, width] with width 2 or 3.</param>
/// <param name="Concentrations">κ, [components].</param>
/// <param name="LogWeights">[components].</param>
internal sealed record VonMisesFisherMixture(Tensor Means, Tensor Concentrations, Tensor LogWeights)
{
    private const int Iterations = 200;
    private const double LargestConcentration = 1e4;

    /// <summary>Fits unit vectors by expectation maximisation (Banerjee et al., Clustering on the unit hypersphere, 2005).</summary>
    public static VonMisesFisherMixture Fit(Tensor rows, int components, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        long n = rows.shape[0], d = rows.shape[1];
        Tensor means = rows.index_select(0, randperm(n, generator: generator).narrow(0, 0, components));
        var mixture = new VonMisesFisherMixture(means, full([components], 10.0, rows.dtype), full([components], -Math.Log(components), rows.dtype));
        double previous = double.NegativeInfinity;
        for (int i = 0; i < Iterations; i++)
        {
            Tensor joint = mixture.Joint(rows);
            Tensor total = joint.logsumexp(1, keepdim: true);
            double likelihood = total.mean().ToDouble();
            if (likelihood - previous < 1e-6)
            {
                break;
            }

            previous = likelihood;
            Tensor share = (joint - total).exp();
            Tensor counts = share.sum(dim: 0) + 1e-9;
            Tensor resultants = share.t().mm(rows);
            Tensor lengths = resultants.norm(1);
            Tensor concentration = lengths / counts;
            Tensor kappa = (concentration * (d - concentration.square()) / (1 - concentration.square()).clamp_min(1e-9)).clamp(1e-3, LargestConcentration);
            mixture = new VonMisesFisherMixture(resultants / lengths.unsqueeze(1).clamp_min(1e-12), kappa, (counts / n).log());
        }

        foreach (Tensor tensor in new[] { mixture.Means, mixture.Concentrations, mixture.LogWeights })
        {
            tensor.MoveToOuterDisposeScope();
        }

        return mixture;
    }

    /// <summary>Kernels of one concentration at training rows.</summary>
    public static VonMisesFisherMixture Kernels(Tensor rows, double concentration) =>
        new(rows, full([rows.shape[0]], concentration, rows.dtype), full([rows.shape[0]], -Math.Log(rows.shape[0]), rows.dtype));

    /// <summary>Mean log density of unit vectors, in nats.</summary>
    public double MeanLogDensity(Tensor rows)
    {
        double total = 0;
        for (long first = 0; first < rows.shape[0]; first += 500)
        {
            using DisposeScope scope = NewDisposeScope();
            total += Joint(rows.narrow(0, first, Math.Min(500, rows.shape[0] - first))).logsumexp(1).sum().ToDouble();
        }

        return total / rows.shape[0];
    }

    /// <summary>Draws unit vectors by rejection.</summary>
    public Tensor Draw(int count, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor component = LogWeights.exp().multinomial(count, replacement: true, generator: generator);
        Tensor means = Means.index_select(0, component);
        Tensor concentrations = Concentrations.index_select(0, component);
        Tensor rows = means.clone();
        Tensor missing = ones([count], ScalarType.Bool);
        while (missing.any().item<bool>())
        {
            Tensor candidates = randn([count, Means.shape[1]], Means.dtype, generator: generator);
            candidates /= candidates.norm(1).unsqueeze(1);
            Tensor accepted = rand([count], Means.dtype, generator: generator).log() < concentrations * ((candidates * means).sum(1) - 1);
            rows = where((missing & accepted).unsqueeze(1), candidates, rows);
            missing &= accepted.logical_not();
        }

        return rows.MoveToOuterDisposeScope();
    }

    // 1 / (2π I₀(κ)) on the circle and κ / (4π sinh κ) on the sphere, with a factor e^κ taken out of either.
    private Tensor LogNormalization() => Means.shape[1] == 2
        ? -(Math.Log(2 * Math.PI) + special.i0e(Concentrations).log() + Concentrations)
        : Concentrations.log() - Math.Log(2 * Math.PI) - Concentrations - (-2 * Concentrations).expm1().neg().log();

    private Tensor Joint(Tensor rows) => (rows.mm(Means.t()) * Concentrations) + LogNormalization() + LogWeights;
}
