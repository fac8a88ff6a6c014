namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>
/// The search of one row, in float64 on the host, told what it asks for: what there is at its candidate and, where it accepts that, the derivatives there. Rows of a batch are
/// evaluated together, and each decides for itself.
/// </summary>
internal abstract class RowSearch(int width)
{
    private readonly double[] _point = new double[width];
    private readonly double[] _candidate = new double[width];

    public int Width => width;

    /// <summary>Where values are asked for.</summary>
    public Span<double> Candidate => _candidate;

    /// <summary>The best point so far, and that where derivatives are asked for.</summary>
    public Span<double> Point => _point;

    /// <summary>The objective at the best point.</summary>
    public abstract double Value { get; }

    /// <summary>How the search ended, or null while it goes on.</summary>
    public SolveStatus? Status { get; protected set; }

    /// <summary>Steps tried.</summary>
    public int Tries { get; protected set; }

    /// <summary>Takes the values at the candidate.</summary>
    /// <returns>Whether it is accepted, so that the derivatives there are asked for.</returns>
    public abstract bool Observe(ReadOnlySpan<double> values);

    /// <summary>Takes the derivatives at the point that was accepted, and asks for the next or ends.</summary>
    public abstract void Linearize(ReadOnlySpan<double> derivatives);
}
