using System.Globalization;
using System.Text;

namespace Microsoft.ML.Implicit.Training;

/// <summary>How a model was trained. It stays with the model, in its file too; <see cref="ToString"/> prints it as a table.</summary>
public sealed class TrainingReport
{
    private const int RowsShown = 20;

    internal TrainingReport(int seed, TimeSpan elapsed, IReadOnlyDictionary<string, double> chosenSettings, IReadOnlyList<NetworkTraining> networks)
    {
        Seed = seed;
        Elapsed = elapsed;
        ChosenSettings = chosenSettings;
        Networks = networks;
    }

    /// <summary>Seed of the training, given or drawn: with the same options and data it gives the same model.</summary>
    public int Seed { get; }

    /// <summary>Time that training took, reading of the data left out.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>What the options left open and defaults chose by the data, by the options' names, such as <c>Training.LearningRate</c>.</summary>
    public IReadOnlyDictionary<string, double> ChosenSettings { get; }

    /// <summary>The networks, one after another as they were trained: one, or those of an ensemble.</summary>
    public IReadOnlyList<NetworkTraining> Networks { get; }

    /// <summary>
    /// A table of the epochs: losses, learning rate, and mean solver iterations or function evaluations of a forward solve. Of a long training
    /// some are left out; the first, the best, marked by an asterisk, and the last are there.
    /// </summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Add($"Trained {Networks.Count} {(Networks.Count == 1 ? "network" : "networks")} in {Elapsed.TotalSeconds:F1} s with seed {Seed}.");
        if (ChosenSettings.Count > 0)
        {
            Add($"Chosen by default: {string.Join(", ", ChosenSettings.Select(setting => string.Create(CultureInfo.InvariantCulture, $"{setting.Key} = {setting.Value:G4}")))}.");
        }

        foreach (NetworkTraining network in Networks)
        {
            Add($"{Reason(network.End)} Best epoch: {network.BestEpoch}. Seed: {network.Seed}.");
            Add($"{"epoch",7} {"training",12} {"validation",12} {"rate",10} {"iterations",10} {"seconds",9}");
            foreach (TrainingProgress epoch in Shown(network))
            {
                string mark = epoch.Epoch == network.BestEpoch ? "*" : " ";
                Add($"{epoch.Epoch,6}{mark} {epoch.TrainingLoss,12:G5} {epoch.ValidationLoss,12:G5} {epoch.LearningRate,10:G3} {epoch.SolverIterations,10:F1} {epoch.Elapsed.TotalSeconds,9:F1}");
            }
        }

        return text.ToString();

        void Add(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
    }

    private static string Reason(TrainingEnd end) => end switch
    {
        TrainingEnd.NoImprovement => "Ended without a better validation loss.",
        TrainingEnd.Cancelled => "Ended because it was cancelled.",
        _ => "Ended after the last epoch.",
    };

    private static IEnumerable<TrainingProgress> Shown(NetworkTraining network)
    {
        int last = network.Epochs.Count - 1;
        int stride = 1 + (last / RowsShown);
        return network.Epochs.Where((epoch, i) => i % stride == 0 || i == last || epoch.Epoch == network.BestEpoch);
    }
}
