using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;

/// <summary>A table of numbers whose last column is the label: a class where it is text, a number otherwise.</summary>
internal sealed class TabularData
{
    private const double TestShare = 0.2;

    private readonly string[] _header;
    private readonly string[] _lines;
    private readonly TabularRow[] _rows;

    private TabularData(string name, string[] lines)
    {
        Name = name;
        _header = lines[0].Split(',');
        _lines = lines[1..];
        string[][] cells = [.. _lines.Select(line => line.Split(','))];
        IsClassification = !cells.All(row => float.TryParse(row[^1], CultureInfo.InvariantCulture, out _));
        _rows =
        [
            .. cells.Select(row => new TabularRow
            {
                Features = [.. row[..^1].Select(cell => float.Parse(cell, CultureInfo.InvariantCulture))],
                Label = IsClassification ? 0 : float.Parse(row[^1], CultureInfo.InvariantCulture),
                Class = IsClassification ? row[^1] : "",
            }),
        ];
    }

    public string Name { get; }

    public bool IsClassification { get; }

    public int RowCount => _rows.Length;

    /// <summary>Reads the tables of a folder, in the order of their names.</summary>
    public static IEnumerable<TabularData> ReadAll(string folder, IReadOnlyCollection<string> names) =>
        from file in Directory.EnumerateFiles(folder, "*.csv").Order(StringComparer.Ordinal)
        let name = Path.GetFileNameWithoutExtension(file)
        where names.Count == 0 || names.Contains(name)
        select new TabularData(name, File.ReadAllLines(file));

    /// <summary>A random four fifths and the rest.</summary>
    public (IDataView Train, IDataView Test) Split(MLContext ml, int seed)
    {
        (int[] train, int[] test) = Divide(seed);
        SchemaDefinition schema = SchemaDefinition.Create(typeof(TabularRow));
        schema[nameof(TabularRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, _header.Length - 1);
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

    private IEnumerable<string> Lines(int[] indices) => indices.Select(row => _lines[row]).Prepend(string.Join(',', _header));

    private (int[] Train, int[] Test) Divide(int seed)
    {
        int[] order = [.. Enumerable.Range(0, _rows.Length)];
        new Random(seed).Shuffle(order);
        int testRows = (int)Math.Round(TestShare * order.Length);
        return (order[testRows..], order[..testRows]);
    }
}
