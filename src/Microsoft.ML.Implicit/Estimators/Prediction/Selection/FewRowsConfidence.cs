using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// How sure of itself a classifier may be that has seen all rows there are, too few to hold some out: no surer on average than so many rows of a class allow, of N rows
/// (N + 1) / (N + classes) by Laplace's rule (for two classes the targets of Platt, "Probabilistic Outputs for Support Vector Machines", 1999).
/// </summary>
internal static class FewRowsConfidence
{
    /// <summary>Finds the factor of the outputs, at most 1.</summary>
    /// <param name="task">What is predicted.</param>
    /// <param name="rows">The rows that were trained on.</param>
    /// <param name="outputs">What each network gives for them, float32 [rows, networks, outputs].</param>
    public static double Find(PredictionTask task, TrainingSet rows, Tensor outputs)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        int classes = Math.Max(task.OutputWidth, 2);
        Tensor[] labels = [.. Enumerable.Range(0, classes).Select(label => full_like(rows.Labels, label.Held()))];
        Tensor[] isLabel = [.. labels.Select(label => rows.Labels.eq(label).to(rows.Labels.dtype))];
        Tensor counts = stack(isLabel.Select(own => own * own.sum())).sum([0]);
        Tensor[] shares = [.. isLabel.Select(own => (own * counts).Plus(1.Held()) / counts.Plus(classes.Held()))];
        if (rows.Weights is { } weights)
        {
            shares = [.. shares.Select(share => share * weights)];
        }

        double factor = ConfidenceFactor.Find(logFactor =>
        {
            using DisposeScope trial = NewDisposeScope();
            Tensor output = task.Average(outputs * Math.Exp(logFactor).Held());
            return labels.Zip(shares, (label, share) => task.Loss(output, label, share).ReadDouble()).Sum();
        });
        return Math.Min(factor, 1);
    }
}
