using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads the fields to train on and groups them into series. Rows without a finite time or field and those of weight 0 are left out; of several fields of a series at one time there is the mean.</summary>
internal static class FieldSetReader
{
    /// <param name="data">One field a row.</param>
    /// <param name="options">Columns.</param>
    /// <param name="channel">Told what was left out.</param>
    /// <param name="throwIfCancelled">Called in every row.</param>
    /// <exception cref="InvalidOperationException">No series has two fields, or a weight is negative or not finite.</exception>
    public static FieldSet Read(IDataView data, FieldOptions options, IChannel channel, Action throwIfCancelled)
    {
        DataViewSchema.Column field = data.Schema[options.InputColumnName], time = data.Schema[options.TimeColumnName];
        DataViewSchema.Column? name = Find(options.SeriesColumnName), weight = Find(options.ExampleWeightColumnName);
        using DataViewRowCursor cursor = data.GetRowCursor(new[] { field, time, name, weight }.OfType<DataViewSchema.Column>().DistinctBy(column => column.Index));
        var fieldReader = new VectorReader<float>(cursor, field);
        Func<double> timeReader = TimeReader.CreateScalar(cursor, time);
        NameReader? nameReader = name is null ? null : new NameReader(cursor, name.Value);
        WeightReader? weightReader = weight is null ? null : new WeightReader(cursor, weight.Value);
        var series = new Dictionary<object, List<(double Time, float[] Field, double Weight)>>();
        long skipped = 0, coarse = 0;
        while (cursor.MoveNext())
        {
            throwIfCancelled();
            double counts = weightReader?.Read() ?? 1;
            float[] values = fieldReader.ReadArray();
            double at = timeReader();
            if (counts == 0)
            {
                continue;
            }

            if (!Measurements.IsMeasurement(at) || !Array.TrueForAll(values, float.IsFinite))
            {
                skipped++;
                continue;
            }

            coarse += TimeReader.IsCoarse(time.Type, at) ? 1 : 0;
            object key = nameReader?.Read() ?? string.Empty;
            if (!series.TryGetValue(key, out List<(double, float[], double)>? rows))
            {
                series.Add(key, rows = []);
            }

            rows.Add((at, values, counts));
        }

        if (skipped > 0)
        {
            channel.Warning($"{skipped} rows whose time or field is not finite were left out.");
        }

        if (coarse > 0)
        {
            channel.Warning($"{coarse} {TimeReader.CoarseTimes}.");
        }

        double unit = series.Count > 0 ? series.Values.SelectMany(rows => rows).Average(row => row.Weight) : 1;
        FieldRun[] runs = [.. series.Values.Select(rows => Order(rows, unit)).Where(run => run.Times.Length > 1)];
        return runs.Length > 0
            ? new FieldSet(runs)
            : throw new InvalidOperationException($"There is nothing to learn from: no series has two rows with a finite time in column '{options.TimeColumnName}' and a finite field in column '{options.InputColumnName}'.");

        DataViewSchema.Column? Find(string? column) => column is null ? null : data.Schema[column];
    }

    private static FieldRun Order(List<(double Time, float[] Field, double Weight)> rows, double unit)
    {
        var times = rows.GroupBy(row => row.Time).OrderBy(group => group.Key).Select(group => group.ToArray()).ToArray();
        return new FieldRun([.. times.Select(group => group[0].Time)], [.. times.Select(Mean)], [.. times.Select(group => (float)(group.Sum(row => row.Weight) / unit))]);
    }

    private static float[] Mean((double Time, float[] Field, double Weight)[] rows) => rows.Length == 1
        ? rows[0].Field
        : [.. Enumerable.Range(0, rows[0].Field.Length).Select(point => (float)rows.Average(row => (double)row.Field[point]))];
}
