using System.Globalization;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>Sizes up to which dense matrices are allocated.</summary>
internal static class DenseLimits
{
    // Of one matrix: 2 GiB of float64.
    private const long Entries = 1 << 28;

    /// <summary>Checks the sizes of a quadratic program, before its solvers allocate their matrices.</summary>
    /// <exception cref="ArgumentException">A matrix would be larger than the limit; the message names both.</exception>
    public static void Check(long variables, long inequalities, long equalities)
    {
        const string remedy = "Remove redundant constraints, or split the program.";
        Check(variables, variables, "The program's variables", remedy);
        Check(inequalities, variables, "The program's inequalities", remedy);
        Check(equalities, variables, "The program's equalities", remedy);
        Check(equalities, equalities, "The program's equalities", remedy);
    }

    /// <exception cref="ArgumentException">The matrix would be larger than the limit; the message names both.</exception>
    public static void Check(long rows, long columns, string subject, string remedy)
    {
        if (rows * columns > Entries)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"{subject} would take a dense matrix of {rows} x {columns} entries; the limit is {Entries} (16384 x 16384). {remedy}"));
        }
    }
}
