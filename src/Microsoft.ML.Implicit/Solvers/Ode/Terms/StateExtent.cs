namespace Microsoft.ML.Implicit.Solvers.Ode.Terms;

/// <summary>
/// The leading elements of a flat state, which error norms cover: rows that do not depend on one another. The others are integrals
/// along the solution, which f does not depend on.
/// </summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Width">Elements of a row.</param>
internal readonly record struct StateExtent(long Rows, long Width)
{
    /// <summary>Number of elements.</summary>
    public long Length => Rows * Width;
}
