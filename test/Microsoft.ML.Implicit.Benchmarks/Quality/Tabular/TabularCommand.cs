using System.CommandLine;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;

/// <summary><c>tabular</c>: the deep-equilibrium trainers beside others on a folder of tables that <c>export.R</c> writes.</summary>
internal static class TabularCommand
{
    public static System.CommandLine.Command Create()
    {
        var folder = new Option<string>("--data") { Description = "folder with the tables", Required = true };
        var sets = new Option<string[]>("--set") { Description = "names of tables; all without it", DefaultValueFactory = _ => [] };
        var seeds = new Option<int>("--seeds") { Description = "random splits to average", DefaultValueFactory = _ => 3 };
        var device = new Option<string>("--device") { Description = "cpu or cuda", DefaultValueFactory = _ => "cpu" };
        var export = new Option<string?>("--export") { Description = "writes the splits to this folder, and trains nothing" };
        var scores = new Option<string[]>("--scores") { Description = "files of scores to put into the table: of this command or of tabular_sklearn.py", DefaultValueFactory = _ => [] };
        var only = new Option<string[]>("--only") { Description = "models to train; all without it, none with 'none'", DefaultValueFactory = _ => [] };
        var settings = new Option<string[]>("--option") { Description = "a setting of the deep-equilibrium trainers, such as Training.WeightDecay=1", DefaultValueFactory = _ => [] };
        var command = new System.CommandLine.Command("tabular", "Prints accuracy or error on many tables.") { folder, sets, seeds, device, export, scores, only, settings };
        command.SetAction(result =>
        {
            int count = result.GetRequiredValue(seeds);
            IEnumerable<TabularData> tables = TabularData.ReadAll(result.GetRequiredValue(folder), result.GetRequiredValue(sets));
            if (result.GetValue(export) is { } target)
            {
                foreach (TabularData table in tables)
                {
                    Array.ForEach([.. Enumerable.Range(1, count)], seed => table.Export(target, seed));
                }

                return;
            }

            var options = new DeepEquilibriumOptions();
            options.Training.Device = result.GetRequiredValue(device);
            Array.ForEach(result.GetRequiredValue(settings), setting => Setting.Apply(options, setting));
            string[] chosen = result.GetRequiredValue(only);
            List<TabularScore> all = [.. result.GetRequiredValue(scores).SelectMany(TabularScore.ReadAll)];
            foreach (TabularScore score in tables.SelectMany(table => Enumerable.Range(1, count).SelectMany(seed => TabularModels.Run(table, seed, options, chosen))))
            {
                Console.WriteLine(score);
                all.Add(score);
            }

            TabularReport.Print(all);
        });
        return command;
    }
}
