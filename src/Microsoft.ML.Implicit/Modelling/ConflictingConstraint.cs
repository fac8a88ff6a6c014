namespace Microsoft.ML.Implicit.Modelling;

/// <summary>A constraint that has a part in a contradiction.</summary>
/// <param name="Constraint">
/// Its name, or how it is written where it has none; a variable's sign as <c>x >= 0</c>. Functions of the objective that are not finite everywhere, such as logarithms, hold their arguments to <c>the domain of</c> the objective.
/// </param>
/// <param name="Share">
/// Its share of the certificate, the multipliers that prove the contradiction, from 0 to 1, in units in which the data are of the order of one. All shares of a row add up to 1.
/// </param>
public sealed record ConflictingConstraint(string Constraint, double Share)
{
    /// <summary>Indices of the entries of a vector or matrix constraint, row by row, that have a part in the contradiction, where these are not all; empty otherwise, and of constraints on functions that bend.</summary>
    public IReadOnlyList<int> Entries { get; init; } = [];

    /// <summary>The constraint, with its entries where they are few.</summary>
    public override string ToString()
    {
        const int listed = 4;
        return Entries.Count is 0 or > listed ? Constraint : $"{Constraint} ({(Entries.Count == 1 ? "entry" : "entries")} {string.Join(", ", Entries)})";
    }
}
