using System.CommandLine;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.NeuralOde;

/// <summary><c>neural-ode TABLE</c>: accuracy and evaluations of neural ODEs on generated data.</summary>
internal static class NeuralOdeCommand
{
    public static System.CommandLine.Command Create()
    {
        var table = new Argument<string>("table") { Description = "annuli, mnist-1d or regularization" };
        table.AcceptOnlyFromAmong("annuli", "mnist-1d", "regularization");
        var seeds = new Option<int>("--seeds") { Description = "repetitions to average", DefaultValueFactory = _ => 3 };
        var settings = new Option<string[]>("--option") { Description = "a setting of the trainer, such as Tolerance=0.0001", DefaultValueFactory = _ => [] };
        var figure = new Option<string>("--figure") { Description = "file for the figure of regularization", DefaultValueFactory = _ => "regularization.png" };
        var command = new System.CommandLine.Command("neural-ode", "Prints accuracy and evaluations of neural ODEs on generated data.") { table, seeds, settings, figure };
        command.SetAction(result =>
        {
            (int count, string[] changes) = (result.GetRequiredValue(seeds), result.GetRequiredValue(settings));
            switch (result.GetRequiredValue(table))
            {
                case "annuli":
                    AnnuliQuality.Run(count, changes);
                    break;
                case "mnist-1d":
                    SignalQuality.Run(count, changes);
                    break;
                default:
                    RegularizationQuality.Run(count, changes, result.GetRequiredValue(figure));
                    break;
            }
        });
        return command;
    }
}
