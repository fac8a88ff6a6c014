namespace Microsoft.ML.Implicit.Solvers.FixedPoint.Managed;

/// <summary>A map f of rows in managed memory, whose fixed points are sought.</summary>
internal unsafe interface IManagedMap
{
    /// <summary>Evaluates f.</summary>
    /// <param name="states">The first rows that are still solved, one after another.</param>
    /// <param name="rows">Their number.</param>
    /// <param name="images">Receives f of each, of the same layout.</param>
    void Evaluate(float* states, int rows, float* images);

    /// <summary>Lets a row take the place of another, which is done.</summary>
    void MoveRow(int from, int to);
}
