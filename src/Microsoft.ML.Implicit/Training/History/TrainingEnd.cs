namespace Microsoft.ML.Implicit.Training;

/// <summary>Why the training of a network ended.</summary>
public enum TrainingEnd
{
    /// <summary>All epochs were done.</summary>
    LastEpoch,

    /// <summary>The validation loss had not become better for as many epochs as <see cref="TrainingOptions.EarlyStoppingPatience"/> says.</summary>
    NoImprovement,

    /// <summary>It was cancelled, with <see cref="CancellationBehavior.ReturnBestModel"/>.</summary>
    Cancelled,
}
