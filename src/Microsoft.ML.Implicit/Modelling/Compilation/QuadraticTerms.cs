namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>Weighted squares of affine entries, multiplied out: coefficients of products of variables, linear in the parameters that weigh them.</summary>
internal sealed class QuadraticTerms
{
    private readonly List<(int Row, int Column, int Parameter, double Value)> _products = [];

    /// <summary>Second derivatives: P of ½ xᵀPx.</summary>
    public IEnumerable<(int Row, int Column, int Parameter, double Value)> Hessian => _products.Select(product => product with { Value = 2 * product.Value });

    /// <summary>Adds Σ weightᵢ xᵢ².</summary>
    /// <param name="x">Entries without parameters.</param>
    /// <param name="weights">Weights without variables.</param>
    /// <returns>What of it is affine.</returns>
    public AffineForm Add(AffineForm x, AffineForm weights)
    {
        ILookup<int, AffineTerm> byEntry = x.Terms.ToLookup(term => term.Entry);
        List<AffineTerm> rest = [];
        foreach (IGrouping<int, AffineTerm> group in weights.Terms.GroupBy(weight => weight.Parameter))
        {
            AddGram(group.Key, [.. group.Select(weight => (weight.Value, byEntry[weight.Entry].ToArray()))], rest);
        }

        return new AffineForm(1, rest);
    }

    // The constant of an entry counts as one more variable, which is one.
    private void AddGram(int parameter, (double Weight, AffineTerm[] Terms)[] squares, List<AffineTerm> rest)
    {
        int[] columns = [.. squares.SelectMany(square => square.Terms.Select(term => term.Column)).Distinct()];
        Dictionary<int, int> places = columns.Select((column, place) => (column, place)).ToDictionary(pair => pair.column, pair => pair.place);
        double[,] gram = new double[columns.Length, columns.Length];
        foreach ((double weight, AffineTerm[] terms) in squares)
        {
            foreach (AffineTerm left in terms)
            {
                foreach (AffineTerm right in terms)
                {
                    gram[places[left.Column], places[right.Column]] += weight * left.Value * right.Value;
                }
            }
        }

        for (int i = 0; i < columns.Length; i++)
        {
            for (int j = 0; j < columns.Length; j++)
            {
                if (gram[i, j] == 0)
                {
                    continue;
                }

                if (columns[i] == AffineTerm.None || columns[j] == AffineTerm.None)
                {
                    rest.Add(new AffineTerm(0, Math.Max(columns[i], columns[j]), parameter, gram[i, j]));
                }
                else
                {
                    _products.Add((columns[i], columns[j], parameter, gram[i, j]));
                }
            }
        }
    }
}
