namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>Weighted squares of affine entries, multiplied out: coefficients of products of variables, linear in the parameters that weigh them.</summary>
internal sealed class QuadraticTerms
{
    private readonly List<(int Row, int Column, int Parameter, double Value)> _products = [];
    private readonly List<AffineTerm> _rest = [];
    private readonly List<(int Row, int Column, int Parameter, double Value)> _slopes = [];
    private readonly List<(int Entry, int Parameter, double Value)> _constants = [];
    private readonly List<(int Entry, int Parameter, double Value)> _weights = [];
    private int _count;

    /// <summary>Second derivatives: P of ½ xᵀPx.</summary>
    public IEnumerable<(int Row, int Column, int Parameter, double Value)> Hessian => _products.Select(product => product with { Value = 2 * product.Value });

    /// <summary>What else they are, multiplied out: affine.</summary>
    public AffineForm Rest => new(1, _rest);

    /// <summary>Adds Σ weightᵢ xᵢ².</summary>
    /// <param name="x">Entries without parameters.</param>
    /// <param name="weights">Weights without variables.</param>
    public void Add(AffineForm x, AffineForm weights) => Add(x, weights, x, weights);

    /// <summary>Adds Σ weightᵢ xᵢ², of which fewer entries have the same sum.</summary>
    /// <param name="x">Entries without parameters.</param>
    /// <param name="weights">Weights without variables.</param>
    /// <param name="fewer">These entries.</param>
    /// <param name="theirs">Their weights.</param>
    public void Add(AffineForm x, AffineForm weights, AffineForm fewer, AffineForm theirs)
    {
        ILookup<int, AffineTerm> byEntry = x.Terms.ToLookup(term => term.Entry);
        foreach (IGrouping<int, AffineTerm> group in weights.Terms.GroupBy(weight => weight.Parameter))
        {
            AddGram(group.Key, [.. group.Select(weight => (weight.Value, byEntry[weight.Entry].ToArray()))]);
        }

        Write(fewer, theirs);
    }

    /// <summary>The squares as they were added, or null where there are none.</summary>
    /// <param name="columns">Columns of the program.</param>
    public WrittenSquares? Build(int columns) =>
        _count == 0 ? null : new WrittenSquares(MatrixMap.Create(_count, columns, _slopes), ParameterMap.Create(_count, _constants), ParameterMap.Create(_count, _weights));

    private void Write(AffineForm x, AffineForm weights)
    {
        foreach (AffineTerm term in x.Terms)
        {
            if (term.Column == AffineTerm.None)
            {
                _constants.Add((_count + term.Entry, 0, term.Value));
            }
            else
            {
                _slopes.Add((_count + term.Entry, term.Column, 0, term.Value));
            }
        }

        _weights.AddRange(weights.Terms.Select(weight => (_count + weight.Entry, weight.Parameter + 1, weight.Value)));
        _count += x.Size;
    }

    // The constant of an entry counts as one more variable, which is one.
    private void AddGram(int parameter, (double Weight, AffineTerm[] Terms)[] squares)
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
                    _rest.Add(new AffineTerm(0, Math.Max(columns[i], columns[j]), parameter, gram[i, j]));
                }
                else
                {
                    _products.Add((columns[i], columns[j], parameter, gram[i, j]));
                }
            }
        }
    }
}
