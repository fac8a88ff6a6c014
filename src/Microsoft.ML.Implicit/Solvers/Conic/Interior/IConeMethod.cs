namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>A method that solves the program of a workspace.</summary>
internal interface IConeMethod
{
    /// <summary>The best point of the last solve, or the one that holds the certificate; not divided by τ.</summary>
    ConePoint Best { get; }

    /// <summary>Solves the program.</summary>
    /// <param name="start">The solution of a neighbouring program in this one's units, or null.</param>
    /// <param name="cancellation">Checked in every iteration.</param>
    ConeOutcome Solve(ConePoint? start, CancellationToken cancellation);
}
