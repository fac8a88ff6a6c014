using System.CommandLine;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;

/// <summary><c>tabular</c>: the deep-equilibrium and neural ODE trainers beside others on a folder of tables that <c>export.R</c> writes.</summary>
internal static class TabularCommand
{
    public static System.CommandLine.Command Create()
    {
        var trial = new TrialOptions("tables", "deep-equilibrium trainers");
        var export = new Option<string?>("--export") { Description = "writes the splits to this folder, and trains nothing" };
        var missing = new Option<double>("--missing") { Description = "share of the features to take away at random" };
        System.CommandLine.Command command = trial.CreateCommand("tabular", "Prints accuracy or error on many tables; takes scores of tabular_sklearn.py too.");
        var odeSettings = new Option<string[]>("--ode-option") { Description = "a setting of the neural ODE trainers", DefaultValueFactory = _ => [] };
        var categories = new Option<bool>("--categories") { Description = "embeds the levels of factors, in the tables that have some of more than two" };
        command.Options.Add(export);
        command.Options.Add(missing);
        command.Options.Add(odeSettings);
        command.Options.Add(categories);
        command.SetAction(result =>
        {
            int[] seeds = trial.Seeds(result);
            IEnumerable<TabularData> tables = TabularData.ReadAll(result.GetRequiredValue(trial.Folder), result.GetRequiredValue(trial.Sets), result.GetValue(missing));
            if (result.GetValue(export) is { } target)
            {
                foreach (TabularData table in tables)
                {
                    Array.ForEach(seeds, seed => table.Export(target, seed));
                }

                return;
            }

            var options = new DeepEquilibriumOptions();
            options.Training.Device = result.GetRequiredValue(trial.Device);
            Array.ForEach(result.GetRequiredValue(trial.Settings), setting => Setting.Apply(options, setting));
            var odes = new NeuralOdeOptions();
            odes.Training.Device = options.Training.Device;
            options.EmbedCategories = odes.EmbedCategories = result.GetValue(categories);
            Array.ForEach(result.GetRequiredValue(odeSettings), setting => Setting.Apply(odes, setting));
            string[] chosen = result.GetRequiredValue(trial.Only);
            List<TabularScore> all = [.. result.GetRequiredValue(trial.Scores).SelectMany(TabularScore.ReadAll)];
            foreach (TabularScore score in tables.Where(table => !options.EmbedCategories || table.HasFactors).SelectMany(table => seeds.SelectMany(seed => TabularModels.Run(table, seed, options, odes, chosen))))
            {
                Console.WriteLine(score);
                all.Add(score);
            }

            TabularReport.Print(all);
        });
        return command;
    }
}
