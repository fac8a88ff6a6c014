using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using ScottPlot;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Control;

internal static partial class HeatingControl
{
    // The plot begins with this hour of the season.
    private const int FirstDrawn = 24 * 7 * 10;
    private const int Drawn = 24 * 5;

    /// <summary>Heats the room through the second winter, in one way after the other.</summary>
    private static Season[] Compare(MLContext ml, WeatherHistory weather, string learnedPath, ITransformer learned, ITransformer twoStage)
    {
        int[] hours = [.. weather.Hours(FirstTest, DateTime.MaxValue)];
        ITransformer planner = ml.Transforms.ConeProgram(Room.CreateProgram()).Fit(ml.Data.LoadFromEnumerable([weather.Situation(hours[0], 20)]));
        (string Name, int Committed, Func<Situation, float[]> Plan)[] ways =
        [
            ("decision-focused", Room.Committed, Follow(ml, ml.Model.Load(learnedPath, out _))),
            ("two-stage", Room.Committed, Follow(ml, twoStage)),
            ("weather stays as it is", Room.Committed, Follow(ml, planner, situation => Array.Fill(situation.Outdoor, situation.Features[WeatherHistory.LastTemperature]))),
            ("weather known beforehand", Room.Committed, Follow(ml, planner)),
            ("thermostat, every hour", 1, situation => [(float)Room.Needed(situation.Start, situation.Features[WeatherHistory.LastTemperature], situation.Comfort[0])]),
        ];
        return [.. ways.Select(way => AnsiConsole.Status().Start($"heating: {way.Name}", _ => new Season(way.Name).Run(weather, hours, way.Committed, way.Plan)))];
    }

    private static void PrintSeasons(Season[] seasons)
    {
        Spectre.Console.Table table = new Spectre.Console.Table().AddColumns("Way of heating", "Cost", "of it energy", "kWh", "Degree-hours too cold");
        foreach (Season season in seasons)
        {
            table.AddRow(season.Name, Text(season.Cost, "F1"), Text(season.EnergyCost, "F1"), Text(season.Heating.Sum(), "F0"), Text(season.Discomfort, "F1"));
        }

        AnsiConsole.Write(table);
    }

    /// <summary>What the two forecasts say: the one that decides better need not be the more accurate one.</summary>
    private static void PrintForecasts(MLContext ml, WeatherHistory weather, LearnedConeProgramTransformer learned, LearnedConeProgramTransformer twoStage)
    {
        Situation[] later = [.. weather.Hours(FirstTest, DateTime.MaxValue).Select(hour => weather.Situation(hour, 20))];
        IDataView data = ml.Data.LoadFromEnumerable(later);
        foreach ((string name, ITransformer model) in new (string, ITransformer)[] { ("decision-focused", learned), ("two-stage", twoStage) })
        {
            double[] errors = [.. model.Transform(data).GetColumn<float[]>("PredictedOutdoor").Zip(later, (predicted, row) => (double)predicted[Room.Committed - 1] - row.Outdoor[Room.Committed - 1])];
            AnsiConsole.MarkupLineInterpolated($"Forecasts {Room.Committed} hours ahead, {name}: {Text(errors.Average(), "+0.00;-0.00")} °C on average, RMSE {Text(Math.Sqrt(errors.Average(error => error * error)), "F2")} °C");
        }
    }

    /// <summary>Draws some days of the temperature and the heating of the two that learned.</summary>
    private static void Plot(Season[] seasons, string path)
    {
        var figure = new Multiplot();
        figure.AddPlots(2);
        Draw(figure.GetPlot(0), season => season.Temperatures, "room (°C)");
        Draw(figure.GetPlot(1), season => season.Heating, "heating (kW)");
        figure.SavePng(path, 1200, 800);

        void Draw(Plot plot, Func<Season, IReadOnlyList<double>> values, string label)
        {
            foreach ((Season season, ScottPlot.Color color) in seasons.Zip([ScottPlot.Colors.RebeccaPurple, ScottPlot.Colors.Gray]))
            {
                ScottPlot.Plottables.Signal line = plot.Add.Signal(values(season).Skip(FirstDrawn).Take(Drawn).ToArray(), color: color);
                line.LineWidth = 2;
                line.LegendText = season.Name;
            }

            plot.ShowLegend(Alignment.UpperRight);
            plot.Axes.Margins(horizontal: 0);
            plot.XLabel("hours");
            plot.YLabel(label);
        }
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
