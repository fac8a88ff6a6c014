using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads features, labels and the program's columns into tensors in one pass. Rows of weight 0 are left out.</summary>
internal static class DecisionSetReader
{
    /// <param name="data">Rows.</param>
    /// <param name="binding">Places of the program's columns.</param>
    /// <param name="featureColumn">Feature column, or null where none is read.</param>
    /// <param name="options">Names of the label and weight columns.</param>
    /// <param name="cancellationToken">Looked at in every row.</param>
    /// <exception cref="InvalidOperationException">There are no rows, or a feature, label or weight is not finite, or a weight negative.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while reading.</exception>
    public static DecisionSet Read(IDataView data, QuadraticBinding binding, string? featureColumn, LearnedQuadraticProgramOptions options, CancellationToken cancellationToken)
    {
        DataViewSchema.Column label = data.Schema[options.LabelColumnName];
        DataViewSchema.Column? feature = featureColumn is null ? null : data.Schema[featureColumn];
        var needed = binding.Columns.Select(column => data.Schema[column.Name]).Append(label).ToList();
        DataViewSchema.Column? weight = options.ExampleWeightColumnName is { } name ? data.Schema[name] : null;
        needed.AddRange(new[] { feature, weight }.OfType<DataViewSchema.Column>());
        using DataViewRowCursor cursor = data.GetRowCursor(needed.DistinctBy(column => column.Index));
        NumberReader readLabel = NumberColumns.CreateReader(cursor, label);
        NumberReader? readFeatures = feature is null ? null : NumberColumns.CreateReader(cursor, feature.Value);
        WeightReader? weightReader = weight is null ? null : new WeightReader(cursor, weight.Value);
        var program = new ProgramRows(binding, cursor, capacity: 1);
        var features = new RowList(feature is null ? 0 : NumberColumns.Length(feature.Value.Type));
        var labels = new RowList(binding.Variables);
        var columns = new RowList(binding.Width);
        var weights = new RowList(1);
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            double weightValue = weightReader?.Read() ?? 1;
            if (weightValue == 0)
            {
                continue;
            }

            weights.Add()[0] = weightValue;
            readLabel(labels.Add());
            CheckFinite(labels.Last, label, cursor.Position);
            Span<double> row = features.Add();
            readFeatures?.Invoke(row);
            CheckFinite(row, feature, cursor.Position);
            program.Read(0);
            program.Row(0).CopyTo(columns.Add());
        }

        if (labels.Count == 0)
        {
            throw new InvalidOperationException(weight is null
                ? "There is nothing to train on: the data has no rows."
                : $"There is nothing to train on: no row has a weight above 0 in column '{weight.Value.Name}'.");
        }

        return new DecisionSet(features.ToTensor(), labels.ToTensor(), columns.ToTensor(), weight is null ? null : weights.ToTensor()).Detach();
    }

    private static void CheckFinite(ReadOnlySpan<double> row, DataViewSchema.Column? column, long position)
    {
        for (int slot = 0; slot < row.Length; slot++)
        {
            if (!double.IsFinite(row[slot]))
            {
                throw new InvalidOperationException($"Column '{column!.Value.Name}', {SlotNames.Describe(column.Value, slot)}, row {position} is {row[slot]}. Replace or remove missing values before training.");
            }
        }
    }

    private sealed class RowList(int width)
    {
        private readonly List<double> _values = [];

        public int Count { get; private set; }

        public ReadOnlySpan<double> Last => CollectionsMarshal.AsSpan(_values)[^width..];

        public Span<double> Add()
        {
            Count++;
            CollectionsMarshal.SetCount(_values, Count * width);
            return CollectionsMarshal.AsSpan(_values)[^width..];
        }

        public Tensor ToTensor() => NativeTensor.Of(_values.ToArray(), [Count, width]);
    }
}
