using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads the series to train on. Those without an observation or label and those of weight 0 are left out.</summary>
/// <param name="columns">Columns of a series.</param>
/// <param name="weightColumn">Column of example weights, or <see langword="null"/>.</param>
/// <param name="labelColumn">Column of labels, or <see langword="null"/> where the series themselves are what is learned.</param>
internal sealed class SeriesSetReader(SeriesColumns columns, string? weightColumn, string? labelColumn = null)
{
    /// <summary>Columns of a series.</summary>
    public SeriesColumns Columns => columns;

    /// <param name="data">One series a row.</param>
    /// <param name="channel">Told what was repaired, and what looks as if it should be.</param>
    /// <param name="throwIfCancelled">Called in every row.</param>
    /// <exception cref="InvalidOperationException">There is no series, or a variable that none has, or a weight is negative or not finite, or a label infinite.</exception>
    public SeriesSet Read(IDataView data, IChannel channel, Action throwIfCancelled)
    {
        DataViewSchema.Column? weight = weightColumn is null ? null : data.Schema[weightColumn];
        DataViewSchema.Column? label = labelColumn is null ? null : data.Schema[labelColumn];
        IEnumerable<DataViewSchema.Column> needed = columns.All.Select(name => data.Schema[name]).Concat(new[] { weight, label }.OfType<DataViewSchema.Column>());
        using DataViewRowCursor cursor = data.GetRowCursor(needed.DistinctBy(column => column.Index));
        WeightReader? weightReader = weight is null ? null : new WeightReader(cursor, weight.Value);
        ValueGetter<float>? getLabel = label is null ? null : RowCursorUtils.GetLabelGetter(cursor, label.Value.Index);
        var reader = new SeriesReader(columns, cursor);
        var series = new List<TimeSeries>();
        var weights = new List<double>();
        var issues = new SeriesIssues();
        while (cursor.MoveNext())
        {
            throwIfCancelled();
            float labelValue = 0;
            getLabel?.Invoke(ref labelValue);
            if (float.IsNaN(labelValue))
            {
                issues.MissingLabels++;
                continue;
            }

            if (float.IsInfinity(labelValue))
            {
                throw new InvalidOperationException($"Column '{labelColumn}', row {cursor.Position} is {labelValue}; labels must be finite.");
            }

            double weightValue = weightReader?.Read() ?? 1;
            if (weightValue == 0)
            {
                continue;
            }

            TimeSeries next = reader.Read(issues);
            if (next.Count == 0)
            {
                issues.EmptySeries++;
                continue;
            }

            series.Add(next with { Label = labelValue });
            weights.Add(weightValue);
        }

        issues.Report(channel);
        if (series.Count == 0)
        {
            string labelled = labelColumn is null ? string.Empty : $" and a label in column '{labelColumn}'";
            string weighted = weightColumn is null ? string.Empty : $" and a weight above 0 in column '{weightColumn}'";
            string observed = $"a time in column '{columns.Times}' with a value in {string.Join(" or ", columns.Values.Select(name => $"'{name}'"))}";
            throw new InvalidOperationException($"There is nothing to learn from: no row has {observed}{labelled}{weighted}.");
        }

        CheckVariables(series, channel);
        (int[] kept, float[] shares) = ExampleWeights.Normalize(weights);
        return new SeriesSet([.. kept.Zip(shares, (row, share) => series[row] with { Weight = share })]) { Categories = reader.Categories };
    }

    private void CheckVariables(List<TimeSeries> series, IChannel channel)
    {
        for (int v = 0; v < columns.Values.Length; v++)
        {
            if (!series.Exists(s => s.Values[v].Any(float.IsFinite)))
            {
                throw new InvalidOperationException($"Column '{columns.Values[v]}' holds no observed value in any row.");
            }

            if (DistantZeros.Find(series.SelectMany(s => s.Values[v])) is { } zeros)
            {
                channel.Warning(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{zeros.Count} values of column '{columns.Values[v]}' are 0, far from all others, which lie between {zeros.Lowest} and {zeros.Highest}. If they are missing, make them NaN: TextLoader does with MissingRealsAsNaNs."));
            }
        }
    }
}
