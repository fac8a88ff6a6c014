using System.Globalization;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>Why a row has no solution.</summary>
/// <param name="Status">How the row ended.</param>
/// <param name="Inequalities">Rows of G that contradict the others, heaviest first.</param>
/// <param name="Equalities">Rows of A that do.</param>
/// <param name="LowerBounds">Variables whose lower bounds do.</param>
/// <param name="UpperBounds">Variables whose upper bounds do.</param>
/// <param name="Variables">Variables that run off along the direction in which the objective falls without limit.</param>
/// <param name="SmallestEigenvalue">The negative eigenvalue of Q, where it has one.</param>
public sealed record QuadraticDiagnosis(
    SolveStatus Status,
    IReadOnlyList<int> Inequalities,
    IReadOnlyList<int> Equalities,
    IReadOnlyList<int> LowerBounds,
    IReadOnlyList<int> UpperBounds,
    IReadOnlyList<int> Variables,
    double? SmallestEigenvalue)
{
    private const int Listed = 8;

    /// <summary>The diagnosis in one sentence.</summary>
    public override string ToString() => Status switch
    {
        SolveStatus.Converged => "It was solved.",
        SolveStatus.Infeasible => $"No point satisfies all constraints; these contradict each other: {Contradiction()}.",
        SolveStatus.Unbounded => $"The objective falls without limit along variables {List(Variables)}; bound them.",
        SolveStatus.NonConvex => $"Q is not positive semidefinite: its smallest eigenvalue is {SmallestEigenvalue?.ToString("G6", CultureInfo.InvariantCulture)}. Add at least its magnitude to the diagonal.",
        SolveStatus.InvalidInput => "Its data contain NaN or an infinity where none is allowed.",
        SolveStatus.MaximumIterations => "The limit on iterations came before the tolerance; scale the data, loosen the tolerance or raise the limit.",
        _ => "The iterates stopped being finite; scale the data.",
    };

    internal static QuadraticDiagnosis Of(SolveStatus status) => new(status, [], [], [], [], [], null);

    private static string List(IReadOnlyList<int> indices) =>
        string.Join(", ", indices.Take(Listed)) + (indices.Count > Listed ? $" and {indices.Count - Listed} more" : "");

    private string Contradiction()
    {
        (string Name, IReadOnlyList<int> Indices)[] groups =
            [("rows of G", Inequalities), ("rows of A", Equalities), ("lower bounds of variables", LowerBounds), ("upper bounds of variables", UpperBounds)];
        return string.Join("; ", groups.Where(g => g.Indices.Count > 0).Select(g => $"{g.Name} {List(g.Indices)}"));
    }
}
