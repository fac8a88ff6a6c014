using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Columns of series as written before the document.</summary>
internal static class SeriesPositional
{
    public static void ReadGrouping(PositionalReader reader)
    {
        reader.OptionalText("series_column");
        Read(reader);
        reader.Boolean("is_contiguous");
    }

    public static void Read(PositionalReader reader)
    {
        reader.Text("time_column");
        Names("value_columns");
        Names("static_columns");
        reader.OptionalText("covariate_time_column");
        Names("covariate_columns");

        void Names(string name) => reader.Document.Write(name, reader.Texts(reader.Count()));
    }
}
