using System.CommandLine;
using Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary><c>quality NAME</c>: prints a quality table of the README.</summary>
internal static class QualityCommand
{
    public static System.CommandLine.Command Create()
    {
        var name = new Argument<string>("name") { Description = "classification or forecast" };
        var folder = new Option<string>("--data") { Description = "folder with the data sets", Required = true };
        var sets = new Option<string[]>("--set") { Description = "names of data sets; all without it", DefaultValueFactory = _ => [] };
        var seeds = new Option<int>("--seeds") { Description = "repetitions to average", DefaultValueFactory = _ => 3 };
        var device = new Option<string>("--device") { Description = "cpu or cuda", DefaultValueFactory = _ => "cpu" };
        var command = new System.CommandLine.Command("quality", "Prints the quality tables.") { name, folder, sets, seeds, device };
        command.SetAction(result =>
        {
            if (result.GetRequiredValue(name) == "forecast")
            {
                ForecastQuality.Run(result.GetRequiredValue(folder), result.GetRequiredValue(sets), result.GetRequiredValue(seeds));
                return 0;
            }

            ClassificationQuality.Run(result.GetRequiredValue(folder), result.GetRequiredValue(sets), result.GetRequiredValue(seeds), result.GetRequiredValue(device));
            return 0;
        });
        return command;
    }
}
