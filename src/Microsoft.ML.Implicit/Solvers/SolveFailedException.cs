namespace Microsoft.ML.Implicit.Solvers;

/// <summary>Thrown when a solve did not converge and the caller asked for failures to be thrown.</summary>
public sealed class SolveFailedException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What failed, where, and what to change.</param>
    /// <param name="status">Status of the first row that failed.</param>
    /// <param name="row">Index of that row within the batch.</param>
    public SolveFailedException(string message, SolveStatus status, int row)
        : base(message)
    {
        Status = status;
        Row = row;
    }

    /// <summary>Status of the first row that failed.</summary>
    public SolveStatus Status { get; }

    /// <summary>Index of the first row that failed, within its batch.</summary>
    public int Row { get; }
}
