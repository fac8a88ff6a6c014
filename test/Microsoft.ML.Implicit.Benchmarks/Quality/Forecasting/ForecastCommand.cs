using System.CommandLine;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Native;
using TorchSharp;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary><c>forecast</c>: the library's forecasters beside others on simulated panels and on a folder of panels that <c>export.R</c> writes.</summary>
internal static class ForecastCommand
{
    public static System.CommandLine.Command Create()
    {
        var trial = new TrialOptions("panels", "forecaster");
        System.CommandLine.Command command = trial.CreateCommand("forecast", "Prints errors of forecasts and coverage of their bounds on many panels.");
        var figures = new Option<string?>("--figures") { Description = "folder for a picture of some of a forecaster's answers, SET-SEED-MODEL.png" };
        command.Options.Add(figures);
        command.SetAction(result =>
        {
            NativeBackend.EnsureLoaded();
            string[] chosen = result.GetRequiredValue(trial.Only);
            string[] settings = result.GetRequiredValue(trial.Settings);
            string device = result.GetRequiredValue(trial.Device);
            List<ForecastScore> all = [.. result.GetRequiredValue(trial.Scores).SelectMany(ForecastScore.ReadAll)];
            foreach (PanelSource source in PanelSource.Find(result.GetRequiredValue(trial.Folder), result.GetRequiredValue(trial.Sets)))
            {
                foreach (int seed in trial.Seeds(result))
                {
                    foreach (ForecastScore score in ForecastModels.Run(source, seed, Configure, torch.device(device), chosen, Figure(source, seed)))
                    {
                        Console.WriteLine(score);
                        all.Add(score);
                    }
                }
            }

            ForecastReport.Print(all);

            string? Figure(PanelSource source, int seed) => result.GetValue(figures) is { } folder ? Path.Combine(folder, $"{source.Name}-{seed}") : null;

            void Configure(LatentForecasterOptions options)
            {
                options.Training.Device = device;
                Array.ForEach(settings, setting => Setting.Apply(options, setting));
            }
        });
        return command;
    }
}
