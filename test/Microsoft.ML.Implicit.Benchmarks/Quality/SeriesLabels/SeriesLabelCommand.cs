using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary><c>classify-series</c> and <c>regress-series</c>: the trainer of whole series beside others on generated sets and on recorded ones in a folder.</summary>
internal static class SeriesLabelCommand
{
    public static System.CommandLine.Command CreateClassification() => Create(
        "classify-series",
        "Prints accuracy, area under the curve and log loss of labels of whole series.",
        SeriesTask.Classes,
        SeriesLabelData.Classes,
        SeriesLabelScore.ReadAll,
        SeriesLabelScore.Of,
        SeriesLabelReport.Print);

    public static System.CommandLine.Command CreateRegression() => Create(
        "regress-series",
        "Prints errors of numbers that whole series tell.",
        SeriesTask.Values,
        SeriesLabelData.Values,
        SeriesValueScore.ReadAll,
        SeriesValueScore.Of,
        SeriesValueScore.Print);

    private static System.CommandLine.Command Create<TScore>(
        string name,
        string description,
        SeriesTask task,
        Func<string, SeriesLabelData[]> sets,
        Func<string, IEnumerable<TScore>> read,
        Func<string, int, SeriesPrediction, TScore> score,
        Action<IReadOnlyCollection<TScore>> print)
    {
        var trial = new TrialOptions("sets", "trainer");
        System.CommandLine.Command command = trial.CreateCommand(name, description);
        command.SetAction(result =>
        {
            string[] settings = result.GetRequiredValue(trial.Settings), only = result.GetRequiredValue(trial.Only), chosen = result.GetRequiredValue(trial.Sets);
            string device = result.GetRequiredValue(trial.Device);
            List<TScore> all = [.. result.GetRequiredValue(trial.Scores).SelectMany(read)];
            foreach (SeriesLabelData data in sets(result.GetRequiredValue(trial.Folder)).Where(set => chosen.Length == 0 || chosen.Contains(set.Name)))
            {
                foreach (int seed in trial.Seeds(result))
                {
                    foreach (SeriesPrediction prediction in SeriesLabelModels.Run(data, task, seed, Configure, only))
                    {
                        all.Add(score(data.Name, seed, prediction));
                        Console.WriteLine(all[^1]);
                    }
                }
            }

            print(all);

            void Configure(ControlledEquationOptions options)
            {
                options.Training.Device = device;
                Array.ForEach(settings, setting => Setting.Apply(options, setting));
            }
        });
        return command;
    }
}
