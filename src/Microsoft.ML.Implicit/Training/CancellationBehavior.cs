namespace Microsoft.ML.Implicit.Training;

/// <summary>What <c>Fit</c> does when its cancellation token is signalled or ML.NET cancels its context.</summary>
public enum CancellationBehavior
{
    /// <summary>Throw <see cref="OperationCanceledException"/>.</summary>
    Throw,

    /// <summary>
    /// Return the best model so far, which of an ensemble is the networks that are finished; throw if not even one epoch is finished. A learned quadratic
    /// program that is trained on realised costs always has one: the least-squares fit it sets out from, for which reading is not interrupted.
    /// </summary>
    ReturnBestModel,
}
