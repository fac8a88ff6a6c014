using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary><c>classify-series</c>: the trainer of whole series beside others on generated sets and on recorded ones in a folder.</summary>
internal static class SeriesLabelCommand
{
    public static System.CommandLine.Command Create()
    {
        var trial = new TrialOptions("sets", "trainer");
        System.CommandLine.Command command = trial.CreateCommand("classify-series", "Prints accuracy, area under the curve and log loss of labels of whole series.");
        command.SetAction(result =>
        {
            string[] settings = result.GetRequiredValue(trial.Settings);
            string device = result.GetRequiredValue(trial.Device);
            List<SeriesLabelScore> all = [.. result.GetRequiredValue(trial.Scores).SelectMany(SeriesLabelScore.ReadAll)];
            string[] only = result.GetRequiredValue(trial.Only);
            foreach (SeriesLabelData data in SeriesLabelData.Find(result.GetRequiredValue(trial.Folder), result.GetRequiredValue(trial.Sets)))
            {
                foreach (int seed in trial.Seeds(result))
                {
                    foreach (SeriesLabelScore score in SeriesLabelModels.Run(data, seed, Configure, only))
                    {
                        Console.WriteLine(score);
                        all.Add(score);
                    }
                }
            }

            SeriesLabelReport.Print(all);

            void Configure(ControlledEquationOptions options)
            {
                options.Training.Device = device;
                Array.ForEach(settings, setting => Setting.Apply(options, setting));
            }
        });
        return command;
    }
}
