using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Native;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Densities;

/// <summary><c>density</c>: held-out log likelihood of the normalizing flow beside other densities on those tables of <see cref="DensityTable.All"/> that a folder has.</summary>
internal static class DensityCommand
{
    public static System.CommandLine.Command Create()
    {
        var trial = new TrialOptions("tables", "normalizing flow");
        System.CommandLine.Command command = trial.CreateCommand("density", "Prints held-out log likelihoods on many tables.");
        command.SetAction(result =>
        {
            NativeBackend.EnsureLoaded();
            string folder = result.GetRequiredValue(trial.Folder);
            string[] names = result.GetRequiredValue(trial.Sets), chosen = result.GetRequiredValue(trial.Only);
            var options = new NormalizingFlowOptions();
            options.Training.Device = result.GetRequiredValue(trial.Device);
            Array.ForEach(result.GetRequiredValue(trial.Settings), setting => Setting.Apply(options, setting));
            List<DensityScore> all = [.. result.GetRequiredValue(trial.Scores).SelectMany(DensityScore.ReadAll)];
            IEnumerable<DensityTable> tables = DensityTable.All.Where(table => (names.Length == 0 || names.Contains(table.Name)) && File.Exists(Path.Combine(folder, table.Name + ".csv")));
            foreach (DensityTable table in chosen.Contains("none") ? [] : tables)
            {
                foreach (DensityScore score in trial.Seeds(result).SelectMany(seed => DensityModels.Run(table, folder, seed, options, chosen)))
                {
                    Console.WriteLine(score);
                    all.Add(score);
                }
            }

            string[] models = [.. all.Select(score => score.Model).Distinct()];
            var losses = new Ranking(all.Select(score => (score.Data, score.Model, -score.LogDensity)), models);
            losses.PrintMeans("log likelihood a row", loss => -loss);
            losses.PrintRanks("", (own, best) => own - best);
            Ranking.PrintLine("mean seconds", models.Select(model => all.Where(score => score.Model == model).Average(score => score.Seconds)));
        });
        return command;
    }
}
