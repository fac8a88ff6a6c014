using System.CommandLine;
using Microsoft.ML.Implicit.Benchmarks.Quality.Anomalies;
using Microsoft.ML.Implicit.Benchmarks.Quality.Decisions;
using Microsoft.ML.Implicit.Benchmarks.Quality.Densities;
using Microsoft.ML.Implicit.Benchmarks.Quality.Directional;
using Microsoft.ML.Implicit.Benchmarks.Quality.Distillation;
using Microsoft.ML.Implicit.Benchmarks.Quality.Fields;
using Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;
using Microsoft.ML.Implicit.Benchmarks.Quality.Marginals;
using Microsoft.ML.Implicit.Benchmarks.Quality.MetaLearning;
using Microsoft.ML.Implicit.Benchmarks.Quality.NeuralOde;
using Microsoft.ML.Implicit.Benchmarks.Quality.Physics;
using Microsoft.ML.Implicit.Benchmarks.Quality.Satisfiability;
using Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;
using Microsoft.ML.Implicit.Benchmarks.Quality.Signals;
using Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;
using Microsoft.ML.Implicit.Benchmarks.Quality.Tuning;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary><c>quality NAME</c>: prints a table of docs/results.md.</summary>
internal static class QualityCommand
{
    public static System.CommandLine.Command Create()
    {
        var name = new Argument<string>("name") { Description = "classification, toy-density, directional, sudoku, parity, denoising, fields, physics-drift, regret, tune, tune-networks, distill, adapt, flipped-labels, flipped-labels-networks, ranks or portfolio", DefaultValueFactory = _ => "" };
        var folder = new Option<string>("--data") { Description = "folder with the data sets", DefaultValueFactory = _ => "." };
        var sets = new Option<string[]>("--set") { Description = "names of data sets; all without it", DefaultValueFactory = _ => [] };
        var seeds = new Option<int>("--seeds") { Description = "repetitions to average", DefaultValueFactory = _ => 3 };
        var first = new Option<int>("--first-seed") { Description = "seed of the first of them, of flipped-labels, flipped-labels-networks and tune-networks", DefaultValueFactory = _ => 1 };
        var only = new Option<string[]>("--only") { Description = "models of these tables to train; all without it", DefaultValueFactory = _ => [] };
        var device = new Option<string>("--device") { Description = "cpu or cuda", DefaultValueFactory = _ => "cpu" };
        var command = new System.CommandLine.Command("quality", "Prints the quality tables.") { name, folder, sets, seeds, first, only, device };
        command.Subcommands.Add(AnomalyCommand.Create());
        command.Subcommands.Add(DensityCommand.Create());
        command.Subcommands.Add(NeuralOdeCommand.Create());
        command.Subcommands.Add(TabularCommand.Create());
        command.Subcommands.Add(ForecastCommand.Create());
        command.Subcommands.Add(SeriesLabelCommand.CreateClassification());
        command.Subcommands.Add(SeriesLabelCommand.CreateRegression());
        command.Subcommands.Add(LatentSdeCommand.Create());
        command.Subcommands.Add(PhysicsCommand.Create());
        command.Subcommands.Add(SatisfiabilityCommand.Create());
        command.SetAction(result =>
        {
            var trials = new TuningTrials(result.GetRequiredValue(first), result.GetRequiredValue(seeds), result.GetRequiredValue(only));
            Action<string, IReadOnlyCollection<string>, int, string>? table = result.GetRequiredValue(name) switch
            {
                "classification" => ClassificationQuality.Run,
                "toy-density" => ToyQuality.Run,
                "directional" => DirectionalQuality.Run,
                "sudoku" => (_, _, seeds, device) => SudokuQuality.Run(seeds, device),
                "parity" => (_, _, seeds, _) => ParityQuality.Run(seeds),
                "denoising" => (_, _, seeds, _) => DenoisingQuality.Run(seeds),
                "fields" => (_, sets, seeds, device) => FieldQuality.Run(sets, seeds, device),
                "physics-drift" => (_, sets, _, device) => PhysicsDrift.Run(sets, device),
                "regret" => (_, _, seeds, device) => RegretQuality.Run(seeds, device),
                "tune" => (folder, sets, seeds, _) => TuningQuality.Run(folder, sets, seeds),
                "flipped-labels" => (folder, sets, _, _) => LabelNoiseQuality.Run(folder, sets, trials),
                "flipped-labels-networks" => (folder, sets, _, device) => LabelNoiseQuality.RunNetworks(folder, sets, trials, device),
                "ranks" => RankQuality.Run,
                "distill" => (folder, sets, seeds, _) => DistillationQuality.Run(folder, sets, seeds),
                "adapt" => (folder, sets, seeds, _) => AdaptationQuality.Run(folder, sets, seeds),
                "tune-networks" => (folder, sets, _, device) => NetworkTuningQuality.Run(folder, sets, trials, device),
                "portfolio" => (folder, sets, _, device) => PortfolioQuality.Run(folder, sets, seed: 1, device),
                _ => null,
            };
            if (table is null)
            {
                Console.Error.WriteLine($"There is no table '{result.GetRequiredValue(name)}'.");
                return 1;
            }

            table(result.GetRequiredValue(folder), result.GetRequiredValue(sets), result.GetRequiredValue(seeds), result.GetRequiredValue(device));
            return 0;
        });
        return command;
    }
}
