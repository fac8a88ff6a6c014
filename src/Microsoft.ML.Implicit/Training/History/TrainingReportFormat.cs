using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Training;

/// <summary>A <see cref="TrainingReport"/> in model files.</summary>
internal static class TrainingReportFormat
{
    public static void Write(DocumentWriter writer, TrainingReport report)
    {
        writer.Write("seed", report.Seed);
        writer.Write("seconds", report.Elapsed.TotalSeconds);
        writer.Write("chosen_settings", report.ChosenSettings.Keys);
        writer.Write("chosen_values", [.. report.ChosenSettings.Values]);
        writer.Write("networks", report.Networks.Count);
        for (int i = 0; i < report.Networks.Count; i++)
        {
            NetworkTraining network = report.Networks[i];
            DocumentWriter section = writer.Section($"network{i}");
            section.Write("seed", network.Seed);
            section.Write("end", network.End);
            section.Write("best_epoch", network.BestEpoch);
            double[][] epochs = [.. network.Epochs.Select(TrainingProgressFormat.ToNumbers)];
            for (int column = 0; column < TrainingProgressFormat.Columns.Count; column++)
            {
                section.Write(TrainingProgressFormat.Columns[column], [.. epochs.Select(epoch => epoch[column])]);
            }
        }
    }

    /// <exception cref="FormatException">The report is one that no training gives.</exception>
    public static TrainingReport? Read(DocumentReader reader)
    {
        if (reader.OptionalText("seed") is null)
        {
            return null;
        }

        string[] settings = reader.Texts("chosen_settings");
        var networks = new List<NetworkTraining>();
        int count = reader.Int32("networks");
        while (networks.Count < count)
        {
            networks.Add(ReadNetwork(reader.Section($"network{networks.Count}")));
        }

        return new TrainingReport(
            reader.Int32("seed"),
            TrainingProgressFormat.ToTime(reader.Double("seconds")),
            settings.Zip(reader.Doubles("chosen_values")).ToDictionary(setting => setting.First, setting => setting.Second),
            networks);
    }

    private static NetworkTraining ReadNetwork(DocumentReader reader)
    {
        double[][] columns = [.. TrainingProgressFormat.Columns.Select(reader.Doubles)];
        IEnumerable<TrainingProgress> epochs = Enumerable.Range(0, columns.Min(column => column.Length)).Select(i => TrainingProgressFormat.FromNumbers([.. columns.Select(column => column[i])]));
        return new NetworkTraining(reader.Int32("seed"), reader.Enum<TrainingEnd>("end"), reader.Int32("best_epoch"), [.. epochs]);
    }
}
