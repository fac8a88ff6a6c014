using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Chooses the tails of a trained flow's base distribution by held-out rows.</summary>
internal static class TailChoice
{
    private const long RowsAtOnce = 2048;

    // Half the 95 % quantile of a likelihood ratio with one more parameter (Wilks, 1938): a smaller gain may be chance.
    private const double SmallestGain = 1.92;

    private static readonly int[] Candidates = [100, 50, 30, 20, 14, 10, 7, 5, 4, 3, 2, 1];

    /// <summary>The base under which the latent vectors of held-out rows are likeliest; a normal one where that may be chance.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="rows">Held-out rows.</param>
    public static FlowBase Choose(NormalizingFlow flow, DensityTrainingSet rows)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        var squares = new List<Tensor>();

        // The best model of a training that was cancelled has tails too.
        OdeOptions solver = flow.Options.Solver with { CancellationToken = default };
        for (long first = 0; first < rows.Count; first += RowsAtOnce)
        {
            long count = Math.Min(RowsAtOnce, rows.Count - first);
            using FlowEncoding encoding = flow.Encode(rows.Features.narrow(0, first, count), rows.Context?.narrow(0, first, count), solver);
            squares.Add(encoding.Latent.narrow(1, 0, flow.Manifold.EuclideanDimension).to(ScalarType.Float64).Squared().sum(1));
        }

        Tensor all = cat(squares), weights = rows.Weights?.to(ScalarType.Float64) ?? ones_like(all);
        FlowBase best = Candidates.Select(degrees => new FlowBase(flow.Manifold, degrees)).MaxBy(candidate => LogLikelihood(candidate.Kernel))!;
        var normal = new FlowBase(flow.Manifold, null);
        return LogLikelihood(best.Kernel) > LogLikelihood(normal.Kernel) + SmallestGain ? best : normal;

        double LogLikelihood(RadialKernel kernel) => (kernel.Log(all).sub(kernel.LogNormalization.Held()) * weights).sum().item<double>();
    }
}
