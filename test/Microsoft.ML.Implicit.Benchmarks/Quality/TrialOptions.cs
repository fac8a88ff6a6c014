using System.CommandLine;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary>Options of the commands that try models on a folder of data sets and rank them.</summary>
/// <param name="sets">What the data sets are called.</param>
/// <param name="own">What the library's own models are called.</param>
internal sealed class TrialOptions(string sets, string own)
{
    private readonly Option<int> _seeds = new("--seeds") { Description = "random splits to average", DefaultValueFactory = _ => 3 };
    private readonly Option<int> _first = new("--first-seed") { Description = "seed of the first of them", DefaultValueFactory = _ => 1 };

    public Option<string> Folder { get; } = new("--data") { Description = $"folder with the {sets}", Required = true };

    public Option<string[]> Sets { get; } = new("--set") { Description = $"names of {sets}; all without it", DefaultValueFactory = _ => [] };

    public Option<string> Device { get; } = new("--device") { Description = "cpu or cuda", DefaultValueFactory = _ => "cpu" };

    public Option<string[]> Scores { get; } = new("--scores") { Description = "files of scores that were printed before, to put into the tables", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };

    public Option<string[]> Only { get; } = new("--only") { Description = "models to train; all without it, none with 'none'", DefaultValueFactory = _ => [] };

    public Option<string[]> Settings { get; } = new("--option") { Description = $"a setting of the {own}, such as Training.WeightDecay=1", DefaultValueFactory = _ => [] };

    public System.CommandLine.Command CreateCommand(string name, string description) => new(name, description) { Folder, Sets, _seeds, _first, Device, Scores, Only, Settings };

    /// <summary>The seeds of the splits.</summary>
    public int[] Seeds(ParseResult result) => [.. Enumerable.Range(result.GetRequiredValue(_first), result.GetRequiredValue(_seeds))];
}
