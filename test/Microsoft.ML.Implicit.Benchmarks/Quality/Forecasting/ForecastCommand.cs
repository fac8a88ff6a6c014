using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary><c>forecast</c>: the library's forecasters beside others on simulated panels and on a folder of panels that <c>export.R</c> writes.</summary>
internal static class ForecastCommand
{
    public static System.CommandLine.Command Create()
    {
        var trial = new TrialOptions("panels", "forecaster");
        System.CommandLine.Command command = trial.CreateCommand("forecast", "Prints errors of forecasts and coverage of their bounds on many panels.");
        command.SetAction(result =>
        {
            string[] chosen = result.GetRequiredValue(trial.Only);
            string[] settings = result.GetRequiredValue(trial.Settings);
            string device = result.GetRequiredValue(trial.Device);
            List<ForecastScore> all = [.. result.GetRequiredValue(trial.Scores).SelectMany(ForecastScore.ReadAll)];
            foreach (PanelSource source in PanelSource.Find(result.GetRequiredValue(trial.Folder), result.GetRequiredValue(trial.Sets)))
            {
                for (int seed = 1; seed <= result.GetRequiredValue(trial.Seeds); seed++)
                {
                    foreach (ForecastScore score in ForecastModels.Run(source, seed, Configure, chosen))
                    {
                        Console.WriteLine(score);
                        all.Add(score);
                    }
                }
            }

            ForecastReport.Print(all);

            void Configure(ForecasterOptions options)
            {
                options.Training.Device = device;
                Array.ForEach(settings, setting => Setting.Apply(options, setting));
            }
        });
        return command;
    }
}
