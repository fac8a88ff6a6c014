using System.Globalization;
using ScottPlot;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Pendulum;

internal static partial class PendulumForecast
{
    // 20 units of time, some six periods: seven times as long as what was trained on.
    private const int Length = 301;

    private static PendulumSwing Start { get; } = new() { Time = [0], Angle = [1.8f], Momentum = [0], ForecastTime = PendulumData.Times(Length) };

    private static (double[] Angle, double[] Momentum) Truth { get; } = PendulumData.Move(Start.Angle[0], Start.Momentum[0], Length);

    private static Outlook Forecast(MLContext ml, ITransformer model, PendulumSwing start) =>
        ml.Data.CreateEnumerable<Outlook>(model.Transform(ml.Data.LoadFromEnumerable([start])), reuseRowObject: false, ignoreMissingColumns: true).Single();

    private static void PrintMetrics(Outlook energy, Outlook latent)
    {
        Table table = new Table().AddColumns("Forecaster", "RMSE of the angle", "RMSE of the energy");
        foreach ((string name, Outlook outlook) in new[] { ("by energy", energy), ("latent ODE", latent) })
        {
            double angle = Math.Sqrt(outlook.Angles().Zip(Truth.Angle, (found, truth) => Math.Pow(found - truth, 2)).Average());
            double drift = Math.Sqrt(outlook.Energies().Average(found => Math.Pow(found - PendulumData.Energy(Truth.Angle[0], Truth.Momentum[0]), 2)));
            table.AddRow(name, angle.ToString("F3", CultureInfo.InvariantCulture), drift.ToString("F4", CultureInfo.InvariantCulture));
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Draws the angles over time, and the true energy of what was forecast.</summary>
    private static void Plot(Outlook energy, Outlook latent, string path)
    {
        var figure = new Multiplot();
        figure.AddPlots(2);
        Plot angles = figure.GetPlot(0), energies = figure.GetPlot(1);
        double[] times = Start.ForecastTime, constant = [.. times.Select(_ => PendulumData.Energy(Truth.Angle[0], Truth.Momentum[0]))];
        Draw(angles, times, Truth.Angle, "true", Colors.Black);
        Draw(angles, times, energy.Angles(), "by energy", Colors.RebeccaPurple);
        Draw(angles, times, latent.Angles(), "latent ODE", Colors.Orange);
        Draw(energies, times, constant, "true", Colors.Black);
        Draw(energies, times, energy.Energies(), "by energy", Colors.RebeccaPurple);
        Draw(energies, times, latent.Energies(), "latent ODE", Colors.Orange);
        angles.Title("angle");
        energies.Title("energy");
        energies.XLabel("time");
        angles.ShowLegend();
        figure.SavePng(path, 1200, 700);
    }

    private static void Draw(Plot plot, double[] times, double[] values, string name, ScottPlot.Color color)
    {
        ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(times, values, color);
        line.LineWidth = 2;
        line.LegendText = name;
    }

    /// <summary>Angles and then momenta.</summary>
    internal sealed class Outlook
    {
        public float[] Forecast { get; set; } = [];

        public double[] Angles() => [.. Forecast.Take(Forecast.Length / 2).Select(value => (double)value)];

        public double[] Energies() => [.. Angles().Zip(Forecast.Skip(Forecast.Length / 2), (angle, momentum) => PendulumData.Energy(angle, momentum))];
    }
}
