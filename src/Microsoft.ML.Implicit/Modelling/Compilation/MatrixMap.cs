using Microsoft.ML.Implicit.Solvers.Conic;

namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>A sparse map from parameters to the entries of a matrix.</summary>
/// <param name="Entries">Where the matrix has entries.</param>
/// <param name="Values">The map to their values.</param>
internal sealed record MatrixMap(SparseEntries Entries, ParameterMap Values)
{
    public bool IsZero => Values.IsZero;

    /// <summary>Makes a map of terms; those that fall on one place are added.</summary>
    public static MatrixMap Create(int rows, int columns, IReadOnlyCollection<(int Row, int Column, int Parameter, double Value)> terms)
    {
        SparseEntries entries = SparseEntries.Of(rows, columns, terms.Select(term => ((long)term.Row * columns) + term.Column));
        return new MatrixMap(entries, ParameterMap.Create(entries.Count, terms.Select(term => (entries.Find(term.Row, term.Column), term.Parameter, term.Value))));
    }
}
