using System.Collections.Concurrent;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>
/// Fits a curve to the points of each row by Levenberg's and Marquardt's method in float64 on the CPU. Rows do not influence one another and are fitted in parallel; the
/// units of inputs and values do not matter. Instances are thread-safe.
/// </summary>
/// <example><code>
/// var fitter = new CurveFitter(Curve.Parse("a * exp(-k * t) + c", inputs: ["t"]));
/// CurveEstimate[] fits = fitter.Fit([new CurvePoints([times], first), new CurvePoints([times], second)]);
/// </code></example>
public sealed class CurveFitter
{
    private readonly CurveFitPlan _plan;
    private readonly ConcurrentBag<CurveFitWorker> _idle = [];

    /// <summary>Creates a fitter.</summary>
    /// <param name="curve">What is fitted.</param>
    /// <param name="options">Starts, bounds, loss and limits; null for the defaults.</param>
    /// <exception cref="ArgumentException">A setting names a parameter that the curve lacks, or is out of range.</exception>
    public CurveFitter(Curve curve, CurveFitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(curve);
        _plan = new CurveFitPlan(curve, options ?? new CurveFitOptions());
    }

    /// <summary>What is fitted.</summary>
    public Curve Curve => _plan.Curve;

    /// <summary>Starts, bounds, loss and limits.</summary>
    public CurveFitOptions Options => _plan.Options;

    internal CurveFitPlan Plan => _plan;

    /// <summary>Fits every row.</summary>
    /// <param name="rows">Rows, which may have different numbers of points.</param>
    /// <param name="cancellationToken">Looked at in every draw of a start, at every frequency and in every iteration.</param>
    /// <returns>An estimate for each row; numerical trouble is a status.</returns>
    /// <exception cref="ArgumentException">A row has not the inputs of the curve, or as many inputs or weights as values.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public CurveEstimate[] Fit(IReadOnlyList<CurvePoints> rows, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        for (int row = 0; row < rows.Count; row++)
        {
            if (!Fits(rows[row]))
            {
                throw new ArgumentException($"Row {row} does not have {Curve.Inputs.Count} inputs with one value, or one for each of its measured values, and as many weights.", nameof(rows));
            }
        }

        var estimates = new CurveEstimate[rows.Count];
        ForEach(rows.Count, (worker, row) => estimates[row] = worker.Fit(rows[row], cancellationToken), cancellationToken);
        return estimates;
    }

    /// <summary>Computes the curve at all points of a row.</summary>
    /// <param name="points">Points, whose values are not looked at.</param>
    /// <param name="parameters">Parameters in the order of <see cref="Curve.Parameters"/>.</param>
    /// <returns>A value for each point.</returns>
    /// <exception cref="ArgumentException">The points or parameters do not fit the curve.</exception>
    public double[] Evaluate(CurvePoints points, double[] parameters)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(parameters);
        if (!Fits(points) || parameters.Length != Curve.Parameters.Count)
        {
            throw new ArgumentException($"The points and parameters do not fit '{Curve}'.", nameof(points));
        }

        CurveFitWorker worker = Take();
        double[] values = worker.Evaluate(points, parameters);
        _idle.Add(worker);
        return values;
    }

    internal bool Fits(CurvePoints points) =>
        points.Inputs.Count == Curve.Inputs.Count
        && points.Inputs.All(input => input.Length == points.Values.Length || input.Length == 1)
        && (points.Weights is null || points.Weights.Length == points.Values.Length);

    private CurveFitWorker Take() => _idle.TryTake(out CurveFitWorker? worker) ? worker : new CurveFitWorker(_plan);

    private void ForEach(int count, Action<CurveFitWorker, int> action, CancellationToken cancellationToken)
    {
        int parallelism = Math.Min(Options.MaximumParallelism > 0 ? Options.MaximumParallelism : Environment.ProcessorCount, count);
        if (parallelism <= 1)
        {
            CurveFitWorker worker = Take();
            for (int row = 0; row < count; row++)
            {
                action(worker, row);
            }

            _idle.Add(worker);
            return;
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellationToken };
        Parallel.For(0, count, options, Take, (row, _, worker) =>
        {
            action(worker, row);
            return worker;
        }, _idle.Add);
    }
}
