using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Fits regressions by ridge regression (Hoerl and Kennard, 1970), one for each network of an ensemble on what that network trains on, with the
/// penalty of each variable that forecasts best what they hold out.
/// </summary>
internal sealed class RegressionTraining
{
    private const int MostRows = 20_000;
    private const int RowsACut = 8;
    private const int MostSeasonMemory = 4096;
    private const double LeastKnotDistance = 0.02;

    // The first is taken where nothing is held out.
    private static readonly double[] Penalties = [1e-2, 1e-4, 1e-3, 0.1, 1];
    private static readonly double[] KnotQuantiles = [0, 0.1, 0.25, 0.5, 1];

    private readonly IReadOnlyList<EncodedSeries> _series;
    private readonly ForecastDivision _division;
    private readonly SeriesScaling _scaling;
    private readonly List<(int Series, int Last, int Target)> _rows = [];
    private readonly HistoryRegressors _regressors;

    public RegressionTraining(IReadOnlyList<EncodedSeries> series, ForecastDivision division, SeriesScaling scaling, int contextLength)
    {
        (_series, _division, _scaling) = (series, division, scaling);
        Draw(new Random(0));
        double[] ahead = [.. _rows.Select(row => (series[row.Series].Times[row.Target] - series[row.Series].Times[row.Last]) / scaling.Horizon).Order()];
        var knots = new List<double>();
        foreach (double knot in KnotQuantiles.Select(quantile => ahead.Length == 0 ? quantile : ahead[(int)(quantile * (ahead.Length - 1))]))
        {
            if (knots.Count == 0 || !Durations.IsWithin(knot - knots[^1], LeastKnotDistance))
            {
                knots.Add(knot);
            }
        }

        double season = scaling.Periods.DefaultIfEmpty(0).Max();
        int memory = Math.Max(contextLength, (int)Math.Min(MostSeasonMemory, Durations.Ceiling(season / scaling.MedianGap) + 2));
        _regressors = new HistoryRegressors(scaling, memory, [.. knots]);
    }

    /// <summary>One regression a network.</summary>
    public HistoryRegression[] Fit()
    {
        double[][][] coefficients = new double[_scaling.Variables.Length][][];
        new TileLoop(coefficients.Length, get_num_threads(), (long)_rows.Count * _regressors.Count * _regressors.Count).Run((_, variable) => coefficients[variable] = Fit(variable));
        return [.. _division.Networks.Select((_, member) => new HistoryRegression(_regressors, [.. coefficients.Select(variable => variable[member])]))];
    }

    private void Draw(Random random)
    {
        var cuts = new List<(int Series, int Last)>();
        for (int s = 0; s < _series.Count; s++)
        {
            cuts.AddRange(Enumerable.Range(0, Math.Max(0, _series[s].Count - 1)).Select(last => (s, last)));
        }

        (int, int)[] shuffled = [.. cuts];
        random.Shuffle(shuffled);
        foreach ((int s, int last) in shuffled)
        {
            double[] times = _series[s].Times;
            int end = last + 1;
            while (end < times.Length && Durations.IsWithin(times[end] - times[last], _scaling.Horizon))
            {
                end++;
            }

            int[] targets = [.. Enumerable.Range(last + 1, end - last - 1)];
            if (targets.Length > RowsACut)
            {
                random.Shuffle(targets);
                Array.Resize(ref targets, RowsACut);
            }

            _rows.AddRange(targets.Select(target => (s, last, target)));
            if (_rows.Count >= MostRows)
            {
                break;
            }
        }
    }

    // Coefficients of a variable for each network.
    private double[][] Fit(int variable)
    {
        int members = _division.Networks.Count;
        var parts = new Dictionary<long, NormalEquations>();
        double[] row = new double[_regressors.Count];
        foreach ((int s, int last, int target) in _rows)
        {
            EncodedSeries series = _series[s];
            double value = series.Values[(target * _scaling.Variables.Length) + variable];
            if (!double.IsFinite(value))
            {
                continue;
            }

            long holders = 0;
            for (int m = 0; m < members; m++)
            {
                holders |= _division.Networks[m].IsHeldOut(s, target) ? 1L << m : 0;
            }

            _regressors.Describe(series, last, variable, [series.Times[target]], row);
            double change = (value - series.Starts[(last * _scaling.Variables.Length) + variable]) / _scaling.Variables[variable].ChangeScale;
            if (!parts.TryGetValue(holders, out NormalEquations? equations))
            {
                parts.Add(holders, equations = new NormalEquations(row.Length));
            }

            equations.Add(row, change, series.Weight);
        }

        NormalEquations[] training = [.. Enumerable.Range(0, members).Select(m => NormalEquations.Sum(row.Length, parts.Where(part => (part.Key & (1L << m)) == 0).Select(part => part.Value)))];
        NormalEquations[] held = [.. Enumerable.Range(0, members).Select(m => NormalEquations.Sum(row.Length, parts.Where(part => (part.Key & (1L << m)) != 0).Select(part => part.Value)))];
        double[] penalised = _regressors.RelativePenalties();
        double[][] best = [];
        double least = double.PositiveInfinity;
        foreach (double penalty in Penalties)
        {
            double[][] solutions = Array.ConvertAll(training, equations => equations.Solve(penalty, penalised));
            double error = held.Zip(solutions, (equations, solution) => equations.SquaredError(solution)).Sum();
            if (error < least)
            {
                (least, best) = (error, solutions);
            }
        }

        return best;
    }
}
