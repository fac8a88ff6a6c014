using Microsoft.ML.Implicit.Estimators;
using ScottPlot;

namespace Microsoft.ML.Implicit.Samples.ForecastGaps;

internal static partial class CarbonForecast
{
    /// <summary>Forecasts from every tenth week of the last fifth, beside the value of a year before, and beside ML.NET's own forecaster where it is there.</summary>
    private static Comparison Evaluate(MLContext ml, LatentOdeTransformer model, CarbonSeries whole)
    {
        int[] origins = [.. Enumerable.Range(0, whole.Date.Length).Where(i => i > 0.8 * whole.Date.Length && i % 10 == 0 && whole.Date[^1] - whole.Date[i] > Year)];
        CarbonSeries[] histories = [.. origins.Select(origin => whole.Until(origin + 1))];
        CarbonOutlook[] outlooks = Forecast(ml, model, histories);
        float[][] bySsa = [];
        ForecastBySsa(ml, histories, ref bySsa);
        var results = new List<(double Error, double Naive, double BySsa, double IsInside)>();
        for (int i = 0; i < origins.Length; i++)
        {
            for (int week = 1; week <= outlooks[i].Forecast.Length; week++)
            {
                double time = whole.Date[origins[i]] + (7 * week);
                int place = Array.FindIndex(whole.Date, date => Math.Abs(date - time) < 1);
                if (place >= 0)
                {
                    float truth = whole.Concentration[place];
                    int before = Array.FindLastIndex(whole.Date, date => date <= time - Year + 3.5);
                    results.Add((
                        truth - outlooks[i].Forecast[week - 1],
                        truth - whole.Concentration[before],
                        bySsa.Length > 0 ? truth - bySsa[i][week - 1] : double.NaN,
                        truth >= outlooks[i].Lower[week - 1] && truth <= outlooks[i].Upper[week - 1] ? 1 : 0));
                }
            }
        }

        return new Comparison(
            RootMeanSquare(results.Select(r => r.Error)), RootMeanSquare(results.Select(r => r.Naive)), RootMeanSquare(results.Select(r => r.BySsa)), results.Average(r => r.IsInside));
    }

    static partial void ForecastBySsa(MLContext ml, CarbonSeries[] histories, ref float[][] forecasts);

    private static double RootMeanSquare(IEnumerable<double> errors) => Math.Sqrt(errors.Average(error => error * error));

    /// <param name="Error">Root mean square of the forecaster's errors, as of the others'.</param>
    /// <param name="NaiveError">That of the value of a year before.</param>
    /// <param name="SsaError">That of ML.NET's singular spectrum analysis; NaN without it.</param>
    /// <param name="Coverage">Share of the values that lie within the bounds.</param>
    private sealed record Comparison(double Error, double NaiveError, double SsaError, double Coverage);

    private static CarbonOutlook[] Forecast(MLContext ml, LatentOdeTransformer model, CarbonSeries[] series) =>
        [.. ml.Data.CreateEnumerable<CarbonOutlook>(model.Transform(ml.Data.LoadFromEnumerable(series)), reuseRowObject: false)];

    /// <summary>Draws two years of history, the forecast with its bounds and what came, from three origins.</summary>
    private static void Plot(MLContext ml, LatentOdeTransformer model, CarbonSeries whole, string path)
    {
        double[] places = [0.82, 0.88, 0.94];
        var figure = new Multiplot();
        figure.AddPlots(places.Length);
        for (int panel = 0; panel < places.Length; panel++)
        {
            int origin = (int)(places[panel] * whole.Date.Length);
            Draw(figure.GetPlot(panel), whole, origin, Forecast(ml, model, [whole.Until(origin + 1)])[0]);
        }

        figure.GetPlot(0).Title("Carbon dioxide at Mauna Loa (ppm): history, forecast and 95 % bounds");
        figure.SavePng(path, 1200, 1000);
    }

    private static void Draw(Plot plot, CarbonSeries whole, int origin, CarbonOutlook outlook)
    {
        DateTime Day(double date) => DateTime.UnixEpoch.AddDays(date);
        double[] ahead = [.. Enumerable.Range(1, outlook.Forecast.Length).Select(week => Day(whole.Date[origin] + (7 * week)).ToOADate())];
        ScottPlot.Plottables.FillY band = plot.Add.FillY(ahead, [.. outlook.Lower.Select(value => (double)value)], [.. outlook.Upper.Select(value => (double)value)]);
        band.FillColor = Colors.RebeccaPurple.WithAlpha(0.2);
        band.LineWidth = 0;
        plot.Add.ScatterLine(ahead, outlook.Forecast, Colors.RebeccaPurple).LineWidth = 2;
        int first = Array.FindIndex(whole.Date, date => date >= whole.Date[origin] - (2 * Year));
        int last = Array.FindLastIndex(whole.Date, date => date <= whole.Date[origin] + Year);
        plot.Add.ScatterPoints([.. whole.Date[first..(origin + 1)].Select(date => Day(date).ToOADate())], whole.Concentration[first..(origin + 1)], Colors.Black);
        plot.Add.ScatterPoints([.. whole.Date[(origin + 1)..(last + 1)].Select(date => Day(date).ToOADate())], whole.Concentration[(origin + 1)..(last + 1)], Colors.Gray).MarkerShape = MarkerShape.OpenCircle;
        plot.Axes.DateTimeTicksBottom();
    }
}
