namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;

/// <summary>A <see cref="CholeskyFactor"/> in a program.</summary>
/// <param name="Program">The program.</param>
/// <param name="Factor">L, row by row.</param>
/// <param name="Slopes">Derivatives of L's diagonal with respect to the network's.</param>
/// <param name="Scale">Factor of what the network gives.</param>
/// <param name="Entries">The network's evaluation; <see langword="null"/> where the matrix is constant.</param>
internal sealed record FactorBlocks(RowProgramBuilder Program, Block Factor, Block Slopes, double Scale, PerceptronBlocks? Entries)
{
    private int Size => Slopes.Width;

    /// <summary>A w.</summary>
    public Block Apply(Block w) => Program.Times(Factor, Transposed(w));

    /// <summary>A⁻¹ w.</summary>
    public Block Solve(Block w) => Program.Solve(Factor, Program.Solve(Factor, w, isTransposed: false), isTransposed: true);

    /// <summary>½ ∂(wᵀ A(q) w)/∂q, with w held.</summary>
    public Block? HalfGradient(Block w)
    {
        if (Entries is null)
        {
            return null;
        }

        Block half = Transposed(w);
        return Entries.Pullback(ThroughEntries(Program.Sum(Size * Size, Lower().Select(at => new Product((at.Row * Size) + at.Column, w[at.Row], half[at.Column])))));
    }

    /// <summary>dA/dt w along a velocity.</summary>
    public Block? Rate(Block velocity, Block w)
    {
        if (Entries is null)
        {
            return null;
        }

        Block rate = ThroughEntries(Entries.Pushforward(velocity));
        return Program.Add((Program.Times(rate, Transposed(w)), 1), (Program.Times(Factor, Program.Times(rate, w, isTransposed: true)), 1));
    }

    private Block Transposed(Block w) => Program.Times(Factor, w, isTransposed: true);

    // ∂L/∂(entries) times one number for each entry, or its transpose, which is the same.
    private Block ThroughEntries(Block entries) => Program.Sum(Size * Size, Lower().Select(at =>
    {
        int place = (at.Row * Size) + at.Column;
        return new Product(place, entries[place], at.Row == at.Column ? Slopes[at.Row] : -1, Scale);
    }));

    private IEnumerable<(int Row, int Column)> Lower() => Enumerable.Range(0, Size).SelectMany(row => Enumerable.Range(0, row + 1).Select(column => (row, column)));
}
