using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators;

/// <summary>Calls back on the training thread, before training goes on.</summary>
internal sealed class SynchronousProgress(Action<TrainingProgress> action) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => action(value);
}
