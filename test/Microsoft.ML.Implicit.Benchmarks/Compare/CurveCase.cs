using Microsoft.ML.Implicit.Modelling.Curves;
using TorchSharp;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>
/// Fits of a curve of four parameters to 24 points a row with noise, from one start for all rows. The residual is the largest relative offset (Bates and Watts, 1981) left to the
/// optimum of a tighter fit, in standard errors.
/// </summary>
internal sealed class CurveCase(int rows) : IComparisonCase
{
    private const int Points = 24;

    public string Name => $"curve-fit-{rows}";

    public bool RunsOnCpu => true;

    public ComparisonResult Run(torch.Device device)
    {
        Curve curve = Curve.Parse("a * exp(-k * t) + c + d * t", "t");
        var starts = new Dictionary<string, double> { ["a"] = 1.5, ["k"] = 1, ["c"] = 0.5, ["d"] = 0 };
        var options = new CurveFitOptions { StartingValues = starts, MaximumParallelism = torch.get_num_threads() };
        var fitter = new CurveFitter(curve, options);
        CurvePoints[] data = Create();
        double milliseconds = Stopwatching.MedianMilliseconds(() => fitter.Fit(data), device, 21);
        CurveEstimate[] fits = fitter.Fit(data), tight = new CurveFitter(curve, options with { Search = new() { Tolerance = 1e-13 } }).Fit(data);
        double distance = fits.Zip(tight).Max(pair => pair.First.Parameters.Select((value, i) => Math.Abs(value - pair.Second.Parameters[i]) / pair.Second.StandardErrors[i]).Max());
        return fits.Zip(tight).All(pair => pair.First.Status == Solvers.SolveStatus.Converged)
            ? new ComparisonResult(milliseconds, fits.Average(fit => fit.Iterations), distance)
            : throw new InvalidOperationException($"{fits.Count(fit => fit.Status != Solvers.SolveStatus.Converged)} fits did not converge.");
    }

    private CurvePoints[] Create()
    {
        var random = new Random(0);
        double[] times = [.. Enumerable.Range(0, Points).Select(i => 0.2 * i)];
        return
        [
            .. Enumerable.Range(0, rows).Select(_ =>
            {
                double a = 1 + random.NextDouble(), k = 0.5 + random.NextDouble(), c = random.NextDouble(), d = 0.2 * (random.NextDouble() - 0.5);
                return new CurvePoints([times], [.. times.Select(t => (a * Math.Exp(-k * t)) + c + (d * t) + (0.05 * (random.NextDouble() - 0.5)))]);
            }),
        ];
    }
}
