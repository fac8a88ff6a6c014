using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Anomalies;

/// <summary><c>anomaly</c>: the normalizing flow beside other detectors on a folder of tables that <c>export.R</c> writes.</summary>
internal static class AnomalyCommand
{
    public static System.CommandLine.Command Create()
    {
        var trial = new TrialOptions("tables", "normalizing flow");
        System.CommandLine.Command command = trial.CreateCommand("anomaly", "Prints areas under the ROC curve on many tables.");
        command.SetAction(result =>
        {
            string[] names = result.GetRequiredValue(trial.Sets), chosen = result.GetRequiredValue(trial.Only);
            var options = new NormalizingFlowOptions();
            options.Training.Device = result.GetRequiredValue(trial.Device);
            Array.ForEach(result.GetRequiredValue(trial.Settings), setting => Setting.Apply(options, setting));
            List<AnomalyScore> all = [.. result.GetRequiredValue(trial.Scores).SelectMany(AnomalyScore.ReadAll)];
            foreach (AnomalyTable table in chosen.Contains("none") ? [] : AnomalyTable.All.Where(table => names.Length == 0 || names.Contains(table.Name)))
            {
                foreach (int seed in trial.Seeds(result))
                {
                    AnomalySplit split = table.Split(result.GetRequiredValue(trial.Folder), seed);
                    foreach (AnomalyScore score in AnomalyModels.Run(table.Name, split, seed, options, chosen))
                    {
                        Console.WriteLine(score);
                        all.Add(score);
                    }
                }
            }

            string[] models = [.. all.Select(score => score.Model).Distinct()];
            var failures = new Ranking(all.Select(score => (score.Data, score.Model, 1 - score.Area)), models);
            failures.PrintMeans("area under the ROC curve", failure => 1 - failure);
            failures.PrintRanks("", (own, best) => own - best);
            Ranking.PrintLine("median seconds", models.Select(model => Median([.. all.Where(score => score.Model == model).Select(score => score.Seconds).Order()])));
        });
        return command;
    }

    private static double Median(double[] sorted) => sorted[sorted.Length / 2];
}
