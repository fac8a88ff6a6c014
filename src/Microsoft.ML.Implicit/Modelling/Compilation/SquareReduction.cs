using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Conic;
using Microsoft.ML.Implicit.Solvers.Conic.Centring;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>
/// Writes a sum of squares of many affine entries as one of fewer, one for each variable and one for what no variable changes, by reflections, which keep what products with the
/// transpose would lose (Golub, 1965).
/// </summary>
internal static class SquareReduction
{
    // Of more, reflecting takes longer than solving with all entries.
    private const int MostVariables = 512;

    // Of the size of constants: where they differ by less, or variables leave less of them, they are far from zero.
    private const double Near = 1.0 / 32;

    // Of the variance of what is spread evenly, the square of its width.
    private const double UniformVariance = 12;

    // Of fewer entries a pattern is sooner made than a full matrix.
    private const int MostPlacesOfAnEntry = 4;

    /// <summary>Finds fewer entries with the same weighted sum of squares.</summary>
    /// <param name="x">Entries without parameters.</param>
    /// <param name="weights">Weights without variables.</param>
    /// <returns>These; as they are given where weights differ or the entries are few.</returns>
    public static (AffineForm X, AffineForm Weights) Reduce(AffineForm x, AffineForm weights)
    {
        int[] columns = [.. x.Terms.Select(term => term.Column).Where(column => column != AffineTerm.None).Distinct().Order(), AffineTerm.None];
        if (columns.Length >= x.Size || columns.Length > MostVariables || !IsUniform(weights))
        {
            return (x, weights);
        }

        Dictionary<int, int> places = columns.Index().ToDictionary(column => column.Item, column => column.Index);
        double[] matrix = new double[columns.Length * x.Size];
        foreach (AffineTerm term in x.Terms)
        {
            matrix[(places[term.Column] * x.Size) + term.Entry] += term.Value;
        }

        HouseholderQr.Factor(matrix, x.Size, new double[x.Size]);
        List<AffineTerm> terms = [];
        for (int i = 0; i < columns.Length; i++)
        {
            for (int j = i; j < columns.Length; j++)
            {
                terms.Add(new AffineTerm(i, columns[j], AffineTerm.None, matrix[(j * x.Size) + i]));
            }
        }

        return (new AffineForm(columns.Length, [.. terms.Where(term => term.Value != 0)]), weights.Split()[0].Broadcast(columns.Length));
    }

    /// <summary>Whether entries have constants so far from zero that squares multiplied out would lose what is left of them.</summary>
    /// <param name="x">Entries without parameters.</param>
    /// <param name="fewer">What <see cref="Reduce"/> made of them.</param>
    public static bool IsFarFromZero(AffineForm x, AffineForm fewer)
    {
        double[] constants = Constants(x);
        double size = Math.Sqrt(constants.Sum(constant => constant * constant));
        double[] sorted = [.. constants.Order()], steps = [.. sorted.Zip(sorted.Skip(1), (lower, upper) => upper - lower).Order()];
        double spread = steps.Length == 0 ? 0 : steps.Length * steps[steps.Length / 2];
        return spread * Math.Sqrt(constants.Length) < Near * size
            || (fewer.Size < x.Size ? Math.Abs(Constants(fewer)[^1]) < Near * size : SpreadAboutOneOffset(x, constants) < Near * size);
    }

    /// <summary>Whether coefficients of a variable lie far from zero beside their spread, as dates do: products of them would lose it.</summary>
    /// <param name="x">Entries without parameters.</param>
    public static bool HasFarColumns(AffineForm x)
    {
        AffineTerm[] terms = TermsOfVariables(x);
        int[] columns = [.. terms.Select(term => term.Column).Distinct().Order()];
        Dictionary<int, int> places = columns.Index().ToDictionary(column => column.Item, column => column.Index);
        bool isFull = MostPlacesOfAnEntry * (long)terms.Length >= (long)columns.Length * x.Size;
        SparseEntries? pattern = isFull ? null : SparseEntries.Of(x.Size, columns.Length, terms.Select(term => ((long)term.Entry * columns.Length) + places[term.Column]));
        var matrix = new RowMatrix(x.Size, columns.Length, pattern);
        foreach (AffineTerm term in terms)
        {
            matrix.Values[matrix.Find(term.Entry, places[term.Column])] += term.Value;
        }

        return new ColumnSearch(columns.Length).Apply(new RowMatrix(0, columns.Length), matrix) != ColumnShifts.None;
    }

    // What one value of all variables leaves of constants, as that of a quadratic form about a point; where each entry has one variable, the constants tell it themselves.
    private static double SpreadAboutOneOffset(AffineForm x, double[] constants)
    {
        double[] sums = new double[x.Size];
        AffineTerm[] terms = TermsOfVariables(x);
        foreach (AffineTerm term in terms)
        {
            sums[term.Entry] += term.Value;
        }

        double offset = DenseVector.Dot(constants, sums) / DenseVector.Dot(sums, sums);
        double rest = constants.Zip(sums, (constant, sum) => constant - (offset * sum)).Sum(value => value * value);
        return terms.DistinctBy(term => term.Entry).Count() < terms.Length ? Math.Sqrt(UniformVariance * rest) : double.PositiveInfinity;
    }

    private static AffineTerm[] TermsOfVariables(AffineForm x) => [.. x.Terms.Where(term => term.Column != AffineTerm.None)];

    private static double[] Constants(AffineForm x)
    {
        double[] constants = new double[x.Size];
        foreach (AffineTerm term in x.Terms.Where(term => term.Column == AffineTerm.None))
        {
            constants[term.Entry] += term.Value;
        }

        return constants;
    }

    private static bool IsUniform(AffineForm weights) =>
        weights.Terms.GroupBy(weight => weight.Parameter).All(group => group.Count() == weights.Size && group.DistinctBy(weight => weight.Value).Count() == 1);
}
