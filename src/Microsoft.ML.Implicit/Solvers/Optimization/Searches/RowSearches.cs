using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>Runs the searches of a batch's rows side by side: functions are evaluated for all rows at once. A row that is done is evaluated where it stands.</summary>
internal static class RowSearches
{
    /// <summary>Runs searches to their ends.</summary>
    /// <param name="like">Start <c>[rows, ...]</c>, whose shape, type and device candidates have.</param>
    /// <param name="searches">One a row, each at its start.</param>
    /// <param name="values">Values at candidates, <c>[rows, count]</c>.</param>
    /// <param name="derivatives">Derivatives at points, <c>[rows, count]</c>.</param>
    /// <param name="cancellationToken">Looked at once an evaluation.</param>
    public static MinimizationResult Run(Tensor like, RowSearch[] searches, Func<Tensor, Tensor> values, Func<Tensor, Tensor> derivatives, CancellationToken cancellationToken)
    {
        bool[] wanted = new bool[searches.Length];
        while (Array.Exists(searches, search => search.Status is null))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope step = NewDisposeScope();
            double[] found = ToHost(values(Points(like, searches, search => search.Status is null ? search.Candidate : search.Point)));
            int count = found.Length / searches.Length;
            for (int row = 0; row < searches.Length; row++)
            {
                wanted[row] = searches[row].Status is null && searches[row].Observe(found.AsSpan(row * count, count));
            }

            if (!Array.Exists(wanted, isWanted => isWanted))
            {
                continue;
            }

            double[] slopes = ToHost(derivatives(Points(like, searches, search => search.Point)));
            count = slopes.Length / searches.Length;
            for (int row = 0; row < searches.Length; row++)
            {
                if (wanted[row])
                {
                    searches[row].Linearize(slopes.AsSpan(row * count, count));
                }
            }
        }

        return new MinimizationResult(
            Points(like, searches, search => search.Point),
            [.. searches.Select(search => search.Status!.Value)],
            [.. searches.Select(search => search.Value)],
            searches.Length == 0 ? 0 : searches.Max(search => search.Tries));
    }

    /// <summary>Numbers of each row, on the host.</summary>
    public static double[][] Rows(Tensor tensor)
    {
        double[] all = ToHost(tensor);
        int rows = (int)tensor.shape[0], width = rows == 0 ? 0 : all.Length / rows;
        return [.. Enumerable.Range(0, rows).Select(row => all.AsSpan(row * width, width).ToArray())];
    }

    private static double[] ToHost(Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        return [.. tensor.detach().cpu().to(ScalarType.Float64).contiguous().data<double>()];
    }

    private static Tensor Points(Tensor like, RowSearch[] searches, Part part)
    {
        int width = searches.Length == 0 ? 0 : searches[0].Width;
        double[] points = new double[searches.Length * width];
        for (int row = 0; row < searches.Length; row++)
        {
            part(searches[row]).CopyTo(points.AsSpan(row * width));
        }

        using Tensor host = NativeTensor.Of(points, like.shape);
        return host.to(like.dtype, like.device, copy: true);
    }

    private delegate Span<double> Part(RowSearch search);
}
