using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

internal sealed class SynchronousProgress(Action<TrainingProgress> action) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => action(value);
}
