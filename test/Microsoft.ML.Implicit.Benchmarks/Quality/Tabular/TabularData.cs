using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;

/// <summary>A table of numbers, where empty cells are missing, whose last column is the label: a class where it is text, a number otherwise.</summary>
internal sealed class TabularData
{
    private const double TestShare = 0.2;

    private readonly string[] _header;
    private readonly string[] _lines;
    private readonly TabularRow[] _rows;
    private readonly int[] _factors;

    private TabularData(string name, string[] lines, double missing)
    {
        Name = name;
        _header = lines[0].Split(',');
        string[][] cells = [.. lines[1..].Select(line => line.Split(','))];
        TakeAway(cells, missing);
        _lines = Array.ConvertAll(cells, row => string.Join(',', row));
        IsClassification = !cells.All(row => float.TryParse(row[^1], CultureInfo.InvariantCulture, out _));
        _rows =
        [
            .. cells.Select(row => new TabularRow
            {
                Features = [.. row[..^1].Select(cell => cell.Length == 0 ? float.NaN : float.Parse(cell, CultureInfo.InvariantCulture))],
                Label = IsClassification ? 0 : float.Parse(row[^1], CultureInfo.InvariantCulture),
                Class = IsClassification ? row[^1] : "",
            }),
        ];
        _factors = FindFactors();
    }

    public string Name { get; }

    public bool IsClassification { get; }

    /// <summary>Whether factors of more than two levels are among the features, a column a level.</summary>
    public bool HasFactors => _factors.Length > 0;

    public int RowCount => _rows.Length;

    public bool HasMissing => Array.Exists(_rows, row => Array.Exists(row.Features, float.IsNaN));

    /// <summary>Reads the tables of a folder, in the order of their names.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="names">Tables to read; none for all.</param>
    /// <param name="missing">Share of the features to take away.</param>
    public static IEnumerable<TabularData> ReadAll(string folder, IReadOnlyCollection<string> names, double missing) =>
        from file in Directory.EnumerateFiles(folder, "*.csv").Order(StringComparer.Ordinal)
        let name = Path.GetFileNameWithoutExtension(file)
        where names.Count == 0 || names.Contains(name)
        select new TabularData(name, File.ReadAllLines(file), missing);

    /// <summary>A random four fifths and the rest.</summary>
    /// <param name="ml">ML.NET's context.</param>
    /// <param name="seed">Seed of the division.</param>
    /// <param name="namesCategories">Whether the features say which of them are the levels of a factor, as ML.NET's one-hot encodings do.</param>
    public (IDataView Train, IDataView Test) Split(MLContext ml, int seed, bool namesCategories)
    {
        (int[] train, int[] test) = Divide(seed);
        SchemaDefinition schema = SchemaDefinition.Create(typeof(TabularRow));
        SchemaDefinition.Column features = schema[nameof(TabularRow.Features)];
        features.ColumnType = new VectorDataViewType(NumberDataViewType.Single, _header.Length - 1);
        if (namesCategories)
        {
            features.AddAnnotation("CategoricalSlotRanges", new VBuffer<int>(_factors.Length, _factors), new VectorDataViewType(NumberDataViewType.Int32, _factors.Length / 2, 2));
        }

        IDataView all = View(_rows);
        ITransformer? keys = IsClassification ? ml.Transforms.Conversion.MapValueToKey("Label", nameof(TabularRow.Class)).Fit(all) : null;
        return (Part(train), Part(test));

        IDataView View(IEnumerable<TabularRow> rows) => ml.Data.LoadFromEnumerable(rows, schema);

        IDataView Part(int[] indices)
        {
            IDataView part = View([.. indices.Select(row => _rows[row])]);
            return ml.Data.Cache(keys?.Transform(part) ?? part);
        }
    }

    /// <summary>Writes the parts of a split, for programs that are not of this library.</summary>
    public void Export(string folder, int seed)
    {
        (int[] train, int[] test) = Divide(seed);
        Directory.CreateDirectory(folder);
        File.WriteAllLines(Path.Combine(folder, $"{Name}_s{seed}_train.csv"), Lines(train));
        File.WriteAllLines(Path.Combine(folder, $"{Name}_s{seed}_test.csv"), Lines(test));
    }

    // export.R writes a column a level, name_1, name_2 and so on: the first and the last of each factor.
    private int[] FindFactors() =>
    [
        .. from feature in Enumerable.Range(0, _header.Length - 1)
           let name = _header[feature].Split('_')
           where name.Length > 1 && int.TryParse(name[^1], CultureInfo.InvariantCulture, out _)
           group feature by string.Join('_', name[..^1]) into factor
           where Array.TrueForAll(_rows, row => factor.Sum(feature => row.Features[feature]) == 1)
           from end in new[] { factor.First(), factor.Last() }
           select end,
    ];

    private static void TakeAway(string[][] cells, double share)
    {
        var random = new Random(0);
        foreach (string[] row in cells)
        {
            for (int feature = 0; feature < row.Length - 1; feature++)
            {
                row[feature] = random.NextDouble() < share ? "" : row[feature];
            }
        }
    }

    private IEnumerable<string> Lines(int[] indices) => indices.Select(row => _lines[row]).Prepend(string.Join(',', _header));

    private (int[] Train, int[] Test) Divide(int seed)
    {
        int[] order = [.. Enumerable.Range(0, _rows.Length)];
        new Random(seed).Shuffle(order);
        int testRows = (int)Math.Round(TestShare * order.Length);
        return (order[testRows..], order[..testRows]);
    }
}
