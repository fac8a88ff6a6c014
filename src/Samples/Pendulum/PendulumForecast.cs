using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Pendulum;

/// <summary>Learns the energy of a pendulum from noisy swings and forecasts it for many periods.</summary>
internal static partial class PendulumForecast
{
    public static Sample Sample { get; } = new("pendulum", "swings of a pendulum, forecast by a learned energy", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        var random = new Random(settings.Seed);
        IDataView train = ml.Data.LoadFromEnumerable(PendulumData.Create(random, 25));

        AnsiConsole.MarkupLine("[bold]Forecaster of mechanical systems[/] on a pendulum, beside the latent ODE on the same swings");
        MechanicsTransformer model = TrainingProgressBar.Show("energy", progress => Train(ml, train, settings.Device, progress));
        LatentOdeTransformer other = TrainingProgressBar.Show("latent ODE", progress => TrainLatentOde(ml, train, settings.Device, progress));
        string path = settings.OutputPath("pendulum.zip");
        ml.Model.Save(model, train.Schema, path);

        Outlook energy = Forecast(ml, model, Start), latent = Forecast(ml, other, Start);
        PrintMetrics(energy, latent);
        AnsiConsole.MarkupLine(string.Create(CultureInfo.InvariantCulture, $"Energy of the start by the loaded model: [bold]{EnergyOf(ml, path, Start):F2}[/], above the least in training."));

        string plot = settings.OutputPath("pendulum.png");
        Plot(energy, latent, plot);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plot: {plot}");
    }
}
