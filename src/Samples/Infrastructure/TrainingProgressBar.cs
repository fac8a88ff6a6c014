using System.Globalization;
using Microsoft.ML.Implicit.Training;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples;

/// <summary>A live progress bar for a training run.</summary>
internal sealed class TrainingProgressBar : IProgress<TrainingProgress>
{
    private readonly ProgressTask _task;

    private TrainingProgressBar(ProgressTask task) => _task = task;

    /// <summary>Shows a bar while <paramref name="train"/> runs.</summary>
    public static T Show<T>(string title, Func<IProgress<TrainingProgress>, T> train)
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
}
