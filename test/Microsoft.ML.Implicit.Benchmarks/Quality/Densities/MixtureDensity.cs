using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Densities;

/// <summary>A mixture of Gaussians with full covariances, fitted by expectation maximisation; one component is a Gaussian.</summary>
internal sealed class MixtureDensity
{
    private const int Iterations = 200;
    private const double Ridge = 1e-4;

    private readonly Tensor _means;
    private readonly Tensor _factors;
    private readonly Tensor _logWeights;

    private MixtureDensity(Tensor means, Tensor factors, Tensor logWeights) => (_means, _factors, _logWeights) = (means, factors, logWeights);

    /// <summary>Fits standardised rows, float64 [rows, columns].</summary>
    public static MixtureDensity Fit(Tensor rows, int components, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        long n = rows.shape[0], d = rows.shape[1];
        Tensor ridge = Ridge * eye(d, dtype: rows.dtype, device: rows.device);
        Tensor means = rows.index_select(0, randperm(n, generator: generator).narrow(0, 0, components).to(rows.device));
        Tensor covariance = rows.t().mm(rows) / n + ridge;
        var mixture = new MixtureDensity(means, linalg.cholesky(covariance).expand(components, d, d), full([components], -Math.Log(components), rows.dtype, rows.device));
        double previous = double.NegativeInfinity;
        for (int i = 0; i < Iterations; i++)
        {
            Tensor joint = mixture.Joint(rows);
            Tensor total = joint.logsumexp(1, keepdim: true);
            double likelihood = total.mean().ToDouble();
            if (likelihood - previous < 1e-5)
            {
                break;
            }

            previous = likelihood;
            Tensor share = (joint - total).exp();
            Tensor counts = share.sum(dim: 0) + 1e-9;
            means = share.t().mm(rows) / counts.unsqueeze(1);
            Tensor centered = rows.unsqueeze(0) - means.unsqueeze(1);
            Tensor covariances = (centered * share.t().unsqueeze(2)).transpose(1, 2).bmm(centered) / counts.view(-1, 1, 1) + ridge;
            mixture = new MixtureDensity(means, linalg.cholesky(covariances), (counts / n).log());
        }

        foreach (Tensor tensor in new[] { mixture._means, mixture._factors, mixture._logWeights })
        {
            tensor.MoveToOuterDisposeScope();
        }

        return mixture;
    }

    /// <summary>Log densities of rows, [rows].</summary>
    public Tensor LogDensity(Tensor rows) => Joint(rows).logsumexp(1);

    private Tensor Joint(Tensor rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor centered = (rows.unsqueeze(0) - _means.unsqueeze(1)).transpose(1, 2);
        Tensor whitened = linalg.solve_triangular(_factors, centered, upper: false);
        Tensor logDeterminant = _factors.diagonal(dim1: 1, dim2: 2).log().sum(1);
        Tensor joint = -0.5 * whitened.square().sum(1) - (0.5 * rows.shape[1] * Math.Log(2 * Math.PI)) - logDeterminant.unsqueeze(1) + _logWeights.unsqueeze(1);
        return joint.t().MoveToOuterDisposeScope();
    }
}
