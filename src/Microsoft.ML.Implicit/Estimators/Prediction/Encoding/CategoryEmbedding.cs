using Microsoft.ML.Implicit.Layers.Equilibrium.Managed;
using Microsoft.ML.Implicit.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Vectors that a network learns in the place of categories (Guo and Berkhahn, "Entity Embeddings of Categorical Variables", 2016). All entries start at 1 and decay
/// alike: levels of few rows stay near one of none, such as a level that is new, and their order does not matter.
/// </summary>
internal sealed partial class CategoryEmbedding : nn.Module<Tensor, Tensor>
{
    // Above it a network's products with all vectors take more memory than they save time: that of OneHotHashEncoding's usual 2^16 levels, and one of none, for a usual hidden width.
    private const long LargestCode = 128L * ((1 << 16) + 1);

    private const int LargestDimension = 50;

    private readonly int _numberCount;
    private readonly Parameter[] _tables;

    /// <param name="encodedWidth">Length of an encoded row: numbers, and a place for each category behind them.</param>
    /// <param name="levels">Categories of each range, without that of what is missing or unknown.</param>
    /// <param name="stackSize">Number of networks of a stack; null for one network.</param>
    public CategoryEmbedding(int encodedWidth, IReadOnlyList<int> levels, int? stackSize)
        : base(nameof(CategoryEmbedding))
    {
        _numberCount = encodedWidth - levels.Count;
        long[] networks = stackSize is { } size ? [size] : [];
        _tables = [.. levels.Select(count => new Parameter(ones([.. networks, count + 1, Dimension(count)])))];
        for (int i = 0; i < _tables.Length; i++)
        {
            register_parameter($"table{i}", _tables[i]);
        }

        Width = _numberCount + levels.Sum(Dimension);
    }

    /// <summary>Number of categories in a row.</summary>
    public int Count => _tables.Length;

    /// <summary>Length of a row with vectors.</summary>
    public int Width { get; }

    /// <summary>Length of the vectors of a range, by a rule of thumb of many levels; few take no more than indicators would.</summary>
    /// <param name="levels">Its categories.</param>
    public static int Dimension(int levels) => Math.Min(Math.Min(levels, LargestDimension), (int)Math.Ceiling(1.6 * Math.Pow(levels, 0.56)));

    /// <summary>The numbers of encoded rows.</summary>
    public Tensor Numbers(Tensor encoded) => _tables.Length == 0 ? encoded : encoded.narrow(1, 0, _numberCount);

    /// <summary>Puts vectors in the place of categories.</summary>
    /// <param name="encoded">[rows, encodedWidth]; those of the networks of a stack follow one another.</param>
    /// <returns>[rows, <see cref="Width"/>].</returns>
    public override Tensor forward(Tensor encoded) =>
        _tables.Length == 0 ? encoded : cat([Numbers(encoded), .. _tables.Select((table, i) => Vectors(table, encoded.select(1, _numberCount + i).to(ScalarType.Int64)))], 1);

    /// <summary>What each input of a network tells of.</summary>
    /// <param name="columns">What each column of an encoded row tells of.</param>
    public long[] OfInputs(long[] columns) => [.. columns.SelectMany((column, i) => Enumerable.Repeat(column, i < _numberCount ? 1 : (int)_tables[i - _numberCount].shape[^1]))];

    /// <summary>A code of rows with vectors, or <see langword="null"/> where there are too many.</summary>
    /// <param name="code">A code of rows with indicators of the categories in their place, the first of each range for what is missing or unknown.</param>
    /// <param name="outputs">Number of outputs of the map that rows go into.</param>
    public InputCode? Coded(InputCode code, int outputs) => _tables.Length == 0 ? code
        : _tables.Sum(table => table.shape[0]) * outputs <= LargestCode ? new CategoryCode(code, _numberCount, Array.ConvertAll(_tables, table => table.ReadSingles()), Array.ConvertAll(_tables, table => (int)table.shape[1]))
        : null;

    private static Tensor Vectors(Parameter table, Tensor places)
    {
        if (table.dim() == 2)
        {
            return table.index_select(0, places);
        }

        Tensor starts = HeldArithmetic.Range(0, table.shape[0], places.device) * table.shape[1].Held();
        return table.flatten(0, 1).index_select(0, places.view(table.shape[0], -1).Plus(starts.unsqueeze(1)).flatten());
    }
}
