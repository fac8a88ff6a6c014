using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A <see cref="HistoryRegression"/> without covariates within an ONNX file.</summary>
/// <param name="regression">The regression.</param>
/// <param name="scaling">Units.</param>
/// <param name="times">float64 [rows, length]; NaN for what is not there.</param>
/// <param name="values">float32 [rows, variables, length]; NaN where not observed.</param>
/// <param name="history">What is known of the series.</param>
internal sealed class OnnxHistoryRegression(HistoryRegression regression, SeriesScaling scaling, OnnxValue times, OnnxValue values, OnnxSeriesHistory history)
{
    private readonly OnnxGraph _graph = times.Graph;

    /// <summary>Changes in change scales, float64 [rows, variables, targets].</summary>
    /// <param name="targets">Times asked for, float64 [rows, variables, targets].</param>
    /// <param name="horizons">The same in horizons after the last observation.</param>
    /// <param name="length">Observations of a row.</param>
    public OnnxValue Forecast(OnnxValue targets, OnnxValue horizons, int length) =>
        OnnxValue.Concatenate(1, [.. scaling.Variables.Select((_, v) => Forecast(v, Of(v, targets), Of(v, horizons), length).Unsqueeze(1))]);

    private static OnnxValue Of(int variable, OnnxValue values) => values.Slice(1, variable, variable + 1).Squeeze(1);

    private OnnxValue Forecast(int v, OnnxValue targets, OnnxValue horizons, int length)
    {
        HistoryRegressors regressors = regression.Regressors;
        OnnxValue lastTime = Of(v, history.LastTime.Unsqueeze(2));
        var recent = new OnnxRecentValues(scaling, v, times, Of(v, values).To(OnnxType.Double), Of(v, history.Start.Unsqueeze(2)), length);
        OnnxValue within = horizons.Minimum(_graph.Number(1, OnnxType.Double));
        OnnxValue zero = within * 0;
        OnnxValue shared = Of(v, history.Features).To(OnnxType.Double);
        var own = new List<OnnxValue> { zero + 1, zero + shared.Slice(1, 4 * v, (4 * v) + 1), zero + recent.Mean };
        own.AddRange(Enumerable.Range(0, HistoryRegressors.Lags).Select(lag => zero + recent.Lag(lag)));
        own.AddRange(HistoryRegressors.SlopeLengths.Select(count => recent.Change(count, lastTime + (within * scaling.Horizon))));
        foreach (double period in scaling.Periods)
        {
            OnnxValue periods = (-(-((horizons * (scaling.Horizon / period)) - Durations.Tolerance)).Floor()).Maximum(_graph.Number(1, OnnxType.Double));
            own.Add(recent.At(targets - (periods * period)));
            own.Add(zero + recent.At(lastTime - period));
        }

        own.Add(scaling.Gap(within * scaling.Horizon));
        OnnxValue[] told = [.. own.Select(number => number.Unsqueeze(2)), .. scaling.Seasons(targets) is { } seasons ? [seasons] : Array.Empty<OnnxValue>()];
        OnnxValue[] ramps = [zero + 1, .. regressors.Knots.Zip(regressors.Knots.Skip(1), (start, end) => ((within - start) / (end - start)).Clamp(0, 1))];
        (double[] ofOwn, double[] ofShared) = regressors.Divide(regression.Coefficients[v]);
        OnnxValue byRamp = OnnxValue.Concatenate(2, told).MatrixProduct(_graph.Constant(ofOwn, OnnxType.Double, regressors.OwnCount, ramps.Length));
        OnnxValue byTime = shared.MatrixProduct(_graph.Constant(ofShared, OnnxType.Double, regressors.SharedCount, ofShared.Length / regressors.SharedCount)).Unsqueeze(1);
        return (byRamp * Stack(ramps)).Sum(2, keep: false) + (byTime * Stack(zero + 1, within)).Sum(2, keep: false);
    }

    private static OnnxValue Stack(params OnnxValue[] parts) => OnnxValue.Concatenate(2, Array.ConvertAll(parts, part => part.Unsqueeze(2)));
}
