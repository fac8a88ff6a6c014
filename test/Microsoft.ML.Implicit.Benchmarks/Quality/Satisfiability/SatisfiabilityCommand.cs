using System.CommandLine;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Satisfiability;

/// <summary><c>satisfiability</c>: learns Sudoku from boards as bits, and completes others.</summary>
internal static class SatisfiabilityCommand
{
    public static System.CommandLine.Command Create()
    {
        var size = new Option<int>("--size") { Description = "digits: 4 or 9", DefaultValueFactory = _ => 4 };
        size.AcceptOnlyFromAmong("4", "9");
        var train = new Option<int>("--train") { Description = "boards to train on", DefaultValueFactory = _ => 9000 };
        var test = new Option<int>("--test") { Description = "boards to complete", DefaultValueFactory = _ => 1000 };
        var fewest = new Option<int>("--fewest") { Description = "fewest clues", DefaultValueFactory = _ => 31 };
        var most = new Option<int>("--most") { Description = "most clues", DefaultValueFactory = _ => 42 };
        var sparse = new Option<int>("--sparse") { Description = "9 x 9 boards with 20 to 30 clues to complete as well", DefaultValueFactory = _ => 0 };
        var rounds = new Option<int[]>("--rounds") { Description = "rounds of refinement in scoring, each a row", DefaultValueFactory = _ => [0] };
        var seed = new Option<int>("--seed") { Description = "seed of boards and training", DefaultValueFactory = _ => 1 };
        var isPermuted = new Option<bool>("--permuted") { Description = "whether bits stand in an order drawn at random, the same for all boards" };
        var isRedrawn = new Option<bool>("--redrawn") { Description = "whether training hides bits at random, others in every epoch, rather than the same whole cells" };
        var device = new Option<string>("--device") { Description = "cpu or cuda", DefaultValueFactory = _ => "cpu" };
        var checkPoint = new Option<string?>("--check-point") { Description = "file to go on from and to leave behind when time is up" };
        var minutes = new Option<double>("--minutes") { Description = "time for training, after which the best model so far is looked at", DefaultValueFactory = _ => double.PositiveInfinity };
        var settings = new Option<string[]>("--option") { Description = "a setting of the trainer, such as Training.LearningRate=0.001", DefaultValueFactory = _ => [] };
        var command = new System.CommandLine.Command("satisfiability", "Learns Sudoku from boards as bits.")
        {
            size, train, test, fewest, most, sparse, rounds, seed, isPermuted, isRedrawn, device, checkPoint, minutes, settings,
        };
        command.SetAction(result => SudokuBitQuality.Run(
            new SudokuBitSettings(
                result.GetRequiredValue(size),
                result.GetRequiredValue(train),
                result.GetRequiredValue(test),
                result.GetRequiredValue(fewest),
                result.GetRequiredValue(most),
                result.GetRequiredValue(sparse),
                result.GetRequiredValue(seed),
                result.GetRequiredValue(isPermuted),
                result.GetRequiredValue(isRedrawn)),
            result.GetRequiredValue(device),
            result.GetValue(checkPoint),
            result.GetRequiredValue(minutes),
            result.GetRequiredValue(rounds),
            result.GetRequiredValue(settings)));
        return command;
    }
}
