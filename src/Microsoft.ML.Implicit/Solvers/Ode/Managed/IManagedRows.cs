namespace Microsoft.ML.Implicit.Solvers.Ode.Managed;

/// <summary>The right-hand side f of rows in managed memory, each at a time of its own.</summary>
internal unsafe interface IManagedRows
{
    /// <summary>Evaluates f.</summary>
    /// <param name="times">Time of each of the first rows that are still solved.</param>
    /// <param name="points">Their states, one after another, each padded with zeros to the integrator's stride.</param>
    /// <param name="rows">Their number.</param>
    /// <param name="slopes">Receives f of each, padded with zeros likewise.</param>
    /// <param name="slopeStride">Floats from one row's f to the next.</param>
    /// <param name="hasIntegrals">Whether those coordinates of f are asked for that f does not depend on; they may be zero otherwise.</param>
    void Evaluate(ReadOnlySpan<double> times, float* points, int rows, float* slopes, int slopeStride, bool hasIntegrals);

    /// <summary>Lets a row take the place of another, which is done.</summary>
    void MoveRow(int from, int to);
}
