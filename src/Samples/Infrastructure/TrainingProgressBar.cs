using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples;

/// <summary>A live progress bar for a training run, or for the tuning of one.</summary>
internal sealed class TrainingProgressBar : IProgress<TrainingProgress>, IProgress<TuningProgress>
{
    private readonly ProgressTask _task;

    private TrainingProgressBar(ProgressTask task) => _task = task;

    /// <summary>Shows a bar while <paramref name="train"/> runs.</summary>
    public static T Show<T>(string title, Func<TrainingProgressBar, T> train)
    {
        T result = default!;
        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask(title);
                result = train(new TrainingProgressBar(task));

                // Early stopping ends a run before its last epoch.
                task.Value = task.MaxValue;
            });
        return result;
    }

    public void Report(TrainingProgress value)
    {
        _task.MaxValue = value.MaximumEpochs;
        _task.Value = value.Epoch;
        double loss = value.ValidationLoss ?? value.TrainingLoss;
        _task.Description = string.Create(CultureInfo.InvariantCulture, $"epoch {value.Epoch,3}  loss {loss:F4}  {value.SolverIterations:F1} iterations");
    }

    public void Report(TuningProgress value)
    {
        _task.MaxValue = value.MaximumEvaluations;
        _task.Value = value.Evaluation;
        _task.Description = string.Create(CultureInfo.InvariantCulture, $"evaluation {value.Evaluation,2}  validation loss {value.ValidationLoss:F4}");
    }
}
