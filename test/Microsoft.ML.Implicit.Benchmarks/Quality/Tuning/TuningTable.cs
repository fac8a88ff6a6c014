using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tuning;

/// <summary>A table whose models are tuned, split into three fifths to train on, one to tune by and one to test on. Rows with gaps are left out.</summary>
/// <param name="Name">File name without ending.</param>
/// <param name="IsClassification">Whether the label is a class.</param>
/// <param name="HasProducts">Whether squares and products of the features are features too.</param>
/// <param name="IsLabelFirst">Whether the label is the first column rather than the last.</param>
internal sealed record TuningTable(string Name, bool IsClassification, bool HasProducts, bool IsLabelFirst = false)
{
    private const int MostRows = 4000;

    /// <summary>Tables of which some were looked at when defaults were chosen.</summary>
    public static IReadOnlyList<TuningTable> Known { get; } =
    [
        new("breast_cancer", IsClassification: true, HasProducts: false),
        new("sonar", IsClassification: true, HasProducts: false),
        new("wine", IsClassification: true, HasProducts: true),
        new("vowel", IsClassification: true, HasProducts: true),
        new("digits8x8", IsClassification: true, HasProducts: false),
        new("satellite", IsClassification: true, HasProducts: false),
        new("concrete", IsClassification: false, HasProducts: true),
    ];

    /// <summary>Tables that nothing was chosen by.</summary>
    public static IReadOnlyList<TuningTable> Fresh { get; } =
    [
        new("iris", IsClassification: true, HasProducts: true),
        new("letter_recognition", IsClassification: true, HasProducts: false, IsLabelFirst: true),
        new("nox_emissions", IsClassification: false, HasProducts: true),
        new("pima_diabetes", IsClassification: true, HasProducts: true),
        new("shuttle", IsClassification: true, HasProducts: false),
    ];

    public static IEnumerable<TuningTable> All => Known.Concat(Fresh);

    /// <summary>Reads the table and splits its rows at random.</summary>
    public (IDataView Train, IDataView Validation, IDataView Test) Load(MLContext ml, string folder, int seed)
    {
        TabularRow[] rows = Read(folder, seed);
        int fifth = rows.Length / 5;
        Func<TabularRow[], IDataView> view = Viewer(ml, rows, IsClassification);
        return (view(rows[(2 * fifth)..]), view(rows[..fifth]), view(rows[fifth..(2 * fifth)]));
    }

    /// <summary>Reads the table's rows, in an order drawn at random; of many, some.</summary>
    public TabularRow[] Read(string folder, int seed)
    {
        TabularRow[] rows = [.. File.ReadLines(Path.Combine(folder, Name + ".csv")).Skip(1).Select(line => line.Split(',')).Where(cells => !cells.Contains("")).Select(Row)];
        new Random(seed).Shuffle(rows);
        return rows[..Math.Min(rows.Length, MostRows)];
    }

    /// <summary>Shows parts of a table's rows as a trainer reads them.</summary>
    public static Func<TabularRow[], IDataView> Viewer(MLContext ml, TabularRow[] rows, bool isClassification)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(TabularRow));
        schema[nameof(TabularRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Features.Length);
        ITransformer? keys = isClassification ? ml.Transforms.Conversion.MapValueToKey("Label", nameof(TabularRow.Class)).Fit(View(rows)) : null;
        return part => ml.Data.Cache(keys?.Transform(View(part)) ?? View(part));

        IDataView View(TabularRow[] part) => ml.Data.LoadFromEnumerable(part, schema);
    }

    private TabularRow Row(string[] cells)
    {
        (string label, string[] others) = IsLabelFirst ? (cells[0], cells[1..]) : (cells[^1], cells[..^1]);
        float[] numbers = [.. others.Select(cell => float.Parse(cell, CultureInfo.InvariantCulture))];
        IEnumerable<float> products = HasProducts ? numbers.SelectMany((first, i) => numbers.Skip(i).Select(second => first * second)) : [];
        return new TabularRow
        {
            Features = [.. numbers, .. products],
            Label = IsClassification ? 0 : float.Parse(label, CultureInfo.InvariantCulture),
            Class = IsClassification ? label : "",
        };
    }
}
