using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tuning;

/// <summary>A table whose linear models are tuned, split into three fifths to train on, one to tune by and one to test on.</summary>
/// <param name="Name">File name without ending; the last column is the label.</param>
/// <param name="IsClassification">Whether the label is a class.</param>
/// <param name="HasProducts">Whether squares and products of the features are features too.</param>
internal sealed record TuningTable(string Name, bool IsClassification, bool HasProducts)
{
    public static IReadOnlyList<TuningTable> All { get; } =
    [
        new("breast_cancer", IsClassification: true, HasProducts: false),
        new("sonar", IsClassification: true, HasProducts: false),
        new("wine", IsClassification: true, HasProducts: true),
        new("vowel", IsClassification: true, HasProducts: true),
        new("digits8x8", IsClassification: true, HasProducts: false),
        new("satellite", IsClassification: true, HasProducts: false),
        new("concrete", IsClassification: false, HasProducts: true),
    ];

    /// <summary>Reads the table and splits its rows at random.</summary>
    public (IDataView Train, IDataView Validation, IDataView Test) Load(MLContext ml, string folder, int seed)
    {
        TabularRow[] rows = Read(folder);
        new Random(seed).Shuffle(rows);
        int fifth = rows.Length / 5;
        Func<TabularRow[], IDataView> view = CreateViews(ml, rows);
        return (view(rows[(2 * fifth)..]), view(rows[..fifth]), view(rows[fifth..(2 * fifth)]));
    }

    /// <summary>Reads the table.</summary>
    public TabularRow[] Read(string folder) => [.. File.ReadLines(Path.Combine(folder, Name + ".csv")).Skip(1).Select(line => Row(line.Split(',')))];

    /// <summary>Makes views of rows, whose classes are those of all.</summary>
    public Func<TabularRow[], IDataView> CreateViews(MLContext ml, TabularRow[] rows)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(TabularRow));
        schema[nameof(TabularRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Features.Length);
        ITransformer? keys = IsClassification ? ml.Transforms.Conversion.MapValueToKey("Label", nameof(TabularRow.Class)).Fit(View(rows)) : null;
        return part => ml.Data.Cache(keys?.Transform(View(part)) ?? View(part));

        IDataView View(TabularRow[] part) => ml.Data.LoadFromEnumerable(part, schema);
    }

    private TabularRow Row(string[] cells)
    {
        float[] numbers = [.. cells[..^1].Select(cell => float.Parse(cell, CultureInfo.InvariantCulture))];
        IEnumerable<float> products = HasProducts ? numbers.SelectMany((first, i) => numbers.Skip(i).Select(second => first * second)) : [];
        return new TabularRow
        {
            Features = [.. numbers, .. products],
            Label = IsClassification ? 0 : float.Parse(cells[^1], CultureInfo.InvariantCulture),
            Class = IsClassification ? cells[^1] : "",
        };
    }
}
