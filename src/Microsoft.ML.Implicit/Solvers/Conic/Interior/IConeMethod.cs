namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>A method that solves the program of a workspace.</summary>
internal interface IConeMethod
{
    /// <summary>The best point of the last solve, not divided by τ.</summary>
    ConePoint Best { get; }

    /// <summary>The point that proves that the program of the last solve has no solution, or nearly does, where it ended so.</summary>
    ConePoint Proof { get; }

    /// <summary>Solves the program.</summary>
    /// <param name="start">The solution of a neighbouring program in this one's units, or null.</param>
    /// <param name="cancellation">Checked in every iteration.</param>
    ConeOutcome Solve(ConePoint? start, CancellationToken cancellation);
}
