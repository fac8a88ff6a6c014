using System.Globalization;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Compares a trained model with one answer to all rows.</summary>
/// <param name="options">The trainer's options.</param>
/// <param name="task">What is predicted.</param>
/// <param name="training">Training rows.</param>
/// <param name="validation">Validation rows, or <see langword="null"/>.</param>
internal sealed class LearningCheck(PredictionTrainerOptions options, PredictionTask task, TrainingSet training, TrainingSet? validation)
{
    // A loss closer to the best constant's is the same but for chance.
    private const double SomethingLearned = 0.999;

    /// <summary>Says so where the model does no better.</summary>
    public void Report(PredictionEnsemble ensemble, IChannel channel)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor constant = task.BestConstant(training.Labels, training.Weights);
        TrainingSet rows = validation ?? training;
        double baseline = task.MeanLoss(rows, batch => constant.expand(batch.Count, -1)).ReadDouble();
        double loss = task.MeanLoss(rows, batch => task.Average(ensemble.Evaluate(batch.Features))).ReadDouble();
        if (baseline > 0 && loss >= SomethingLearned * baseline)
        {
            string kind = validation is null ? "training" : "validation";
            string answer = task is RegressionTask ? "mean label" : "class shares";
            channel.Warning(string.Create(
                CultureInfo.InvariantCulture,
                $"Nothing was learned: the loss on the {kind} rows is {loss:G5}, and that of answering every row with the {answer} is {baseline:G5}. "
                + $"Try another Training.LearningRate or more Training.MaximumEpochs, and look whether column '{options.FeatureColumnName}' tells anything about '{options.LabelColumnName}'."));
        }
    }
}
