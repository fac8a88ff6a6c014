using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of <c>DistillRows</c>.</summary>
public sealed class RowDistillationOptions
{
    /// <summary>Rows to learn: at least two, at least one a class, and fewer than the data has.</summary>
    public int Count { get; set; } = 10;

    /// <summary>Seed of the rows of the data that learning sets out from.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>Limit on trainings to the minimum.</summary>
    public int MaximumEvaluations { get; set; } = 200;

    /// <summary>Called after every training, on the calling thread.</summary>
    public IProgress<TuningProgress>? Progress { get; set; }

    /// <summary>Ends learning early. ML.NET's own cancelling of a context has the same effect.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>What happens then: an <see cref="OperationCanceledException"/>, or the best rows so far are what is returned, if there are any.</summary>
    public CancellationBehavior OnCancellation { get; set; } = CancellationBehavior.Throw;

    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    internal void Validate()
    {
        Setting.Require(Count >= 2, nameof(Count), "must be at least 2");
        Setting.Require(MaximumEvaluations >= 1, nameof(MaximumEvaluations), "must be positive");
    }
}
