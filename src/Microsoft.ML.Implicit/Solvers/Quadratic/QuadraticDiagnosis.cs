using System.Globalization;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>Why a row has no solution.</summary>
/// <param name="Status">How the row ended.</param>
public sealed record QuadraticDiagnosis(SolveStatus Status)
{
    private const int Listed = 8;

    /// <summary>Rows of G that contradict the others, heaviest first.</summary>
    public IReadOnlyList<int> Inequalities { get; init; } = [];

    /// <summary>Rows of A that do.</summary>
    public IReadOnlyList<int> Equalities { get; init; } = [];

    /// <summary>Variables whose lower bounds do.</summary>
    public IReadOnlyList<int> LowerBounds { get; init; } = [];

    /// <summary>Variables whose upper bounds do.</summary>
    public IReadOnlyList<int> UpperBounds { get; init; } = [];

    /// <summary>Variables that run off along the direction in which the objective falls without limit.</summary>
    public IReadOnlyList<int> Variables { get; init; } = [];

    /// <summary>The negative eigenvalue of Q, where it has one.</summary>
    public double? SmallestEigenvalue { get; init; }

    /// <summary>Data that contain NaN or an infinity where none is allowed.</summary>
    public QuadraticArguments InvalidArguments { get; init; }

    /// <summary>The diagnosis in one sentence, with indices.</summary>
    public override string ToString() => Describe(new QuadraticNames());

    /// <summary>The diagnosis in one sentence.</summary>
    /// <param name="names">Names that are given beside the indices.</param>
    public string Describe(QuadraticNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return Status switch
        {
            SolveStatus.Converged => "It was solved.",
            SolveStatus.Infeasible => $"No point satisfies all constraints; these contradict each other: {Contradiction(names)}.",
            SolveStatus.Unbounded => $"The objective falls without limit along variables {List(Variables, names.Variables)}; bound them.",
            SolveStatus.NonConvex => $"Q is not positive semidefinite: its smallest eigenvalue is {SmallestEigenvalue?.ToString("G6", CultureInfo.InvariantCulture)}. Add at least its magnitude to the diagonal.",
            SolveStatus.InvalidInput => $"Its data contain NaN, or an infinity where none is allowed: {InvalidArguments}.",
            SolveStatus.MaximumIterations => "The limit on iterations came before the tolerance: the constraints may nearly contradict each other, or the solution be far away. Loosen the tolerance or raise the limit.",
            _ => "The iterates stopped being finite: the data span too many orders of magnitude.",
        };
    }

    private static string List(IReadOnlyList<int> indices, IReadOnlyList<string>? names) =>
        string.Join(", ", indices.Take(Listed).Select(i => names is null ? $"{i}" : $"{i} ('{names[i]}')"))
        + (indices.Count > Listed ? $" and {indices.Count - Listed} more" : "");

    private string Contradiction(QuadraticNames names)
    {
        (string Kind, IReadOnlyList<int> Indices, IReadOnlyList<string>? Names)[] groups =
        [
            ("rows of G", Inequalities, names.Inequalities),
            ("rows of A", Equalities, names.Equalities),
            ("lower bounds of variables", LowerBounds, names.Variables),
            ("upper bounds of variables", UpperBounds, names.Variables),
        ];
        return string.Join("; ", groups.Where(g => g.Indices.Count > 0).Select(g => $"{g.Kind} {List(g.Indices, g.Names)}"));
    }
}
