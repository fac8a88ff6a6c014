using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.MetaLearning;

/// <summary>A panel as a table: each observation a row, whose first variable is predicted from the others, the time and its square.</summary>
/// <param name="Name">File name without ending; its columns are <c>series</c>, <c>time</c>, the variable and covariates.</param>
internal sealed record PanelTable(string Name)
{
    public static IReadOnlyList<PanelTable> All { get; } =
    [
        new("blackmore"), new("bodyweight"), new("chickweight"), new("cigar"), new("empluk"), new("fatigue"), new("grunfeld"), new("milk"), new("ovary"), new("oxboys"), new("produc"), new("sleepstudy"),
        new("soybean"), new("spruce"),
    ];

    /// <summary>Reads the rows that have all their numbers.</summary>
    public PanelRow[] Read(string folder)
    {
        string[][] cells = [.. File.ReadLines(Path.Combine(folder, Name + ".csv")).Skip(1).Select(line => line.Split(','))];
        return [.. cells.Where(row => row.Skip(1).All(cell => float.TryParse(cell, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number))).Select(Row)];
    }

    public static IDataView View(MLContext ml, PanelRow[] rows)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(PanelRow));
        schema[nameof(PanelRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Features.Length);
        return ml.Data.LoadFromEnumerable(rows, schema);
    }

    private static PanelRow Row(string[] cells)
    {
        float[] numbers = [.. cells.Skip(1).Select(cell => float.Parse(cell, CultureInfo.InvariantCulture))];
        return new PanelRow { Task = cells[0], Features = [numbers[0], numbers[0] * numbers[0], .. numbers[2..]], Label = numbers[1] };
    }
}
