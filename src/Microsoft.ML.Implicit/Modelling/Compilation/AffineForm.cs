namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>Entries that are affine in the variables, with coefficients that are affine in the parameters.</summary>
internal sealed record AffineForm(int Size, IReadOnlyList<AffineTerm> Terms)
{
    /// <summary>The number zero.</summary>
    public static AffineForm Zero { get; } = new(1, []);

    /// <summary>The form of a number.</summary>
    public static AffineForm Number(double value) => new(1, [new AffineTerm(0, AffineTerm.None, AffineTerm.None, value)]);

    public AffineForm Plus(AffineForm other) => new(Size, [.. Terms, .. other.Terms]);

    public AffineForm Times(double factor) => new(Size, [.. Terms.Select(term => term with { Value = term.Value * factor })]);

    public AffineForm Minus(AffineForm other) => Plus(other.Times(-1));

    /// <summary>A scalar as so many equal entries; another form as it is.</summary>
    public AffineForm Broadcast(int size) => Size == size ? this : new(size, [.. Enumerable.Range(0, size).SelectMany(i => Terms.Select(term => term with { Entry = i }))]);

    /// <summary>The sum of all entries.</summary>
    public AffineForm Sum() => new(1, [.. Terms.Select(term => term with { Entry = 0 })]);

    /// <summary>Weights of what is broadcast to this size, of weights of its copies.</summary>
    public AffineForm Gather(int size) => Size == size ? this : Sum();

    /// <summary>Every entry as a form of its own.</summary>
    public AffineForm[] Split()
    {
        ILookup<int, AffineTerm> byEntry = Terms.ToLookup(term => term.Entry);
        return [.. Enumerable.Range(0, Size).Select(i => new AffineForm(1, [.. byEntry[i].Select(term => term with { Entry = 0 })]))];
    }

    /// <summary>Forms one after the other.</summary>
    public static AffineForm Stack(params IEnumerable<AffineForm> forms)
    {
        List<AffineTerm> terms = [];
        int size = 0;
        foreach (AffineForm form in forms)
        {
            int start = size;
            terms.AddRange(form.Terms.Select(term => term with { Entry = start + term.Entry }));
            size += form.Size;
        }

        return new AffineForm(size, terms);
    }

    /// <summary>A constant linear map, as its entries that are not zero.</summary>
    public AffineForm Map(int size, IReadOnlyList<(int To, int From, double Value)> map)
    {
        ILookup<int, (int To, int From, double Value)> byFrom = map.ToLookup(entry => entry.From);
        return new AffineForm(size, [.. Terms.SelectMany(term => byFrom[term.Entry].Select(entry => term with { Entry = entry.To, Value = term.Value * entry.Value }))]);
    }

    /// <summary>The product of this as a matrix [rows, inner] and another as a matrix [inner, columns].</summary>
    public AffineForm Product(AffineForm other, int rows, int inner, int columns)
    {
        ILookup<int, AffineTerm> byRow = other.Terms.ToLookup(term => term.Entry / columns);
        return new AffineForm(
            rows * columns,
            [.. Terms.SelectMany(left => byRow[left.Entry % inner].Select(right => left.Times(right, (left.Entry / inner * columns) + (right.Entry % columns))))]);
    }

    /// <summary>The product entry by entry.</summary>
    public AffineForm EntrywiseProduct(AffineForm other)
    {
        ILookup<int, AffineTerm> byEntry = other.Terms.ToLookup(term => term.Entry);
        return new AffineForm(Size, [.. Terms.SelectMany(left => byEntry[left.Entry].Select(right => left.Times(right, left.Entry)))]);
    }
}
