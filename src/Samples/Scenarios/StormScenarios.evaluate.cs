using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using ScottPlot;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Scenarios;

internal static partial class StormScenarios
{
    private const int FewestObservations = 16;

    private sealed record Result(double HalfInside, double MostInside, double Brier, double BaseBrier);

    private static StormWind Middle(StormWind storm) => storm.Until(storm.Hour.Length / 2);

    /// <summary>Simulates every test storm from half of its observations: how much lies within the fan, and how well it tells hurricanes.</summary>
    private static Result Evaluate(MLContext ml, SdeSimulationTransformer simulation, StormWind[] test)
    {
        StormWind[] whole = [.. test.Where(storm => storm.Hour.Length >= FewestObservations)];
        StormFan[] fans = Simulate(ml, simulation, [.. whole.Select(Middle)]);
        var inside = new List<(bool Half, bool Most)>();
        var chances = new List<(double Chance, bool Came)>();
        for (int i = 0; i < whole.Length; i++)
        {
            int count = whole[i].Hour.Length / 2;
            float[] came = [.. Ahead.Select(ahead => At(whole[i], whole[i].Hour[count - 1] + ahead))];
            for (int time = 0; time < Ahead.Length; time++)
            {
                if (float.IsFinite(came[time]))
                {
                    inside.Add((Within(fans[i], time, came[time], 0.5), Within(fans[i], time, came[time], 0.9)));
                }
            }

            if (came.All(float.IsFinite))
            {
                chances.Add((HurricaneChance(fans[i]), came.Max() >= Hurricane));
            }
        }

        double share = chances.Average(pair => pair.Came ? 1.0 : 0);
        return new Result(
            inside.Average(pair => pair.Half ? 1.0 : 0),
            inside.Average(pair => pair.Most ? 1.0 : 0),
            chances.Average(pair => Math.Pow(pair.Chance - (pair.Came ? 1 : 0), 2)),
            share * (1 - share));
    }

    private static StormFan[] Simulate(MLContext ml, SdeSimulationTransformer simulation, StormWind[] storms) =>
        [.. ml.Data.CreateEnumerable<StormFan>(simulation.Transform(ml.Data.LoadFromEnumerable(storms)), reuseRowObject: false)];

    private static bool Within(StormFan fan, int time, float value, double level) =>
        value >= fan.Quantile(time, (1 - level) / 2) && value <= fan.Quantile(time, (1 + level) / 2);

    // NaN where nothing was observed at the time.
    private static float At(StormWind storm, double hour)
    {
        int index = Array.FindIndex(storm.Hour, time => Math.Abs(time - hour) < 0.1);
        return index < 0 ? float.NaN : storm.Wind[index];
    }

    private static void PrintMetrics(Result result)
    {
        Table table = new Table().AddColumns("Within the middle half of the paths", "Within nine tenths", "Brier score of hurricanes", "Brier score of their frequency");
        table.AddRow(Text(result.HalfInside, "P1"), Text(result.MostInside, "P1"), Text(result.Brier, "F3"), Text(result.BaseBrier, "F3"));
        AnsiConsole.Write(table);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>Draws the fans of four storms with some of their paths and what came.</summary>
    private static void Plot(MLContext ml, SdeSimulationTransformer simulation, StormWind[] test, string path)
    {
        StormWind[] whole = [.. test.OrderByDescending(storm => storm.Hour.Length).Take(4)];
        StormFan[] fans = Simulate(ml, simulation, [.. whole.Select(Middle)]);
        var figure = new Multiplot();
        figure.AddPlots(whole.Length);
        figure.Layout = new ScottPlot.MultiplotLayouts.Grid(2, 2);
        for (int i = 0; i < whole.Length; i++)
        {
            Draw(figure.GetPlot(i), whole[i], fans[i]);
        }

        figure.SavePng(path, 1200, 800);
    }

    private static void Draw(Plot plot, StormWind whole, StormFan fan)
    {
        const int drawnPaths = 6;
        StormWind half = Middle(whole);
        double last = half.Hour[^1];
        double[] times = [last, .. Ahead.Select(ahead => last + ahead)];
        double[] Line(Func<int, double> at) => [half.Wind[^1], .. Enumerable.Range(0, Ahead.Length).Select(at)];
        foreach (double level in (double[])[0.95, 0.8, 0.5])
        {
            ScottPlot.Plottables.FillY band = plot.Add.FillY(times, Line(time => fan.Quantile(time, (1 - level) / 2)), Line(time => fan.Quantile(time, (1 + level) / 2)));
            band.FillColor = Colors.RebeccaPurple.WithAlpha(0.15);
            band.LineWidth = 0;
        }

        for (int drawn = 0; drawn < drawnPaths; drawn++)
        {
            plot.Add.ScatterLine(times, Line(time => fan.Paths[(time * PathCount) + drawn]), Colors.RebeccaPurple.WithAlpha(0.4));
        }

        int shown = half.Hour.Count(hour => hour < last - 96), end = whole.Hour.Count(hour => hour <= times[^1]);
        plot.Add.ScatterPoints(half.Hour[shown..], half.Wind[shown..], Colors.Black);
        ScottPlot.Plottables.Scatter future = plot.Add.ScatterPoints(whole.Hour[half.Hour.Length..end], whole.Wind[half.Hour.Length..end], Colors.Gray);
        future.MarkerShape = MarkerShape.OpenCircle;
        plot.Title($"{whole.Name}: wind in knots");
        plot.XLabel("hours");
    }
}
