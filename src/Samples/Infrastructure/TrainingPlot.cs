using Microsoft.ML.Implicit.Training;
using ScottPlot;

namespace Microsoft.ML.Implicit.Samples;

/// <summary>A plot of how a model was trained: the losses of its networks by epoch.</summary>
internal static class TrainingPlot
{
    /// <param name="report">The history, of a model that was fitted or loaded.</param>
    /// <param name="path">File to write.</param>
    public static void Save(TrainingReport report, string path)
    {
        var plot = new Plot();
        foreach (NetworkTraining network in report.Networks)
        {
            double[] epochs = [.. network.Epochs.Select(epoch => (double)epoch.Epoch)];
            plot.Add.ScatterLine(epochs, [.. network.Epochs.Select(epoch => epoch.TrainingLoss)], Colors.Gray);
            if (network.Epochs.All(epoch => epoch.ValidationLoss is not null))
            {
                plot.Add.ScatterLine(epochs, [.. network.Epochs.Select(epoch => epoch.ValidationLoss!.Value)], Colors.RebeccaPurple);
            }

            plot.Add.VerticalLine(network.BestEpoch, 1, Colors.RebeccaPurple, LinePattern.Dotted);
        }

        plot.Title("Loss in training (grey) and validation (purple); dotted: the epochs that were kept");
        plot.XLabel("epoch");
        plot.SavePng(path, 1200, 500);
    }
}
