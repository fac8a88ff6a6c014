using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads features, labels and a program's columns into tensors in one pass. Rows of weight 0 are left out.</summary>
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
        DataViewSchema.Column? feature = featureColumn is null ? null : data.Schema[featureColumn];
        DataViewSchema.Column? weight = options.ExampleWeightColumnName is { } name ? data.Schema[name] : null;
        return Read(
            data,
            new DecisionColumns([data.Schema[options.LabelColumnName]], feature, weight, [.. binding.Columns.Select(column => data.Schema[column.Name])], binding.Width),
            cursor =>
            {
                var program = new ProgramRows(binding, cursor, capacity: 1);
                return row =>
                {
                    program.Read(0);
                    program.Row(0).CopyTo(row);
                };
            },
            cancellationToken);
    }

    /// <param name="data">Rows.</param>
    /// <param name="source">The columns.</param>
    /// <param name="createProgramReader">Makes what reads the program's columns of a cursor's row.</param>
    /// <param name="cancellationToken">Looked at in every row.</param>
    /// <exception cref="InvalidOperationException">There are no rows, or a feature, label or weight is not finite, or a weight negative.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while reading.</exception>
    public static DecisionSet Read(IDataView data, DecisionColumns source, Func<DataViewRow, NumberReader> createProgramReader, CancellationToken cancellationToken)
    {
        using DataViewRowCursor cursor = data.GetRowCursor(source.All.DistinctBy(column => column.Index));
        (DataViewSchema.Column Column, NumberReader Read, int Length)[] labelReaders =
            [.. source.Labels.Select(column => (column, NumberColumns.CreateReader(cursor, column), NumberColumns.Length(column.Type)))];
        NumberReader? readFeatures = source.Feature is { } featureColumn ? NumberColumns.CreateReader(cursor, featureColumn) : null;
        WeightReader? weightReader = source.Weight is { } weightColumn ? new WeightReader(cursor, weightColumn) : null;
        NumberReader readProgram = createProgramReader(cursor);
        var features = new RowList(source.Feature is { } column ? NumberColumns.Length(column.Type) : 0);
        var labels = new RowList(labelReaders.Sum(label => label.Length));
        var columns = new RowList(source.ProgramWidth);
        var weights = new RowList(1);
        List<long> positions = [];
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            double weightValue = weightReader?.Read() ?? 1;
            if (weightValue == 0)
            {
                continue;
            }

            weights.Add()[0] = weightValue;
            positions.Add(cursor.Position);
            Span<double> row = labels.Add();
            foreach ((DataViewSchema.Column label, NumberReader read, int length) in labelReaders)
            {
                read(row[..length]);
                CheckFinite(row[..length], label, cursor.Position);
                row = row[length..];
            }

            row = features.Add();
            readFeatures?.Invoke(row);
            CheckFinite(row, source.Feature, cursor.Position);
            readProgram(columns.Add());
        }

        if (labels.Count == 0)
        {
            throw new InvalidOperationException(source.Weight is null
                ? "There is nothing to learn from: the data has no rows."
                : $"There is nothing to learn from: no row has a weight above 0 in column '{source.Weight.Value.Name}'.");
        }

        return new DecisionSet(features.ToTensor(), labels.ToTensor(), columns.ToTensor(), tensor(positions.ToArray(), [positions.Count]), source.Weight is null ? null : weights.ToTensor()).Detach();
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

        public Span<double> Add()
        {
            Count++;
            CollectionsMarshal.SetCount(_values, Count * width);
            return CollectionsMarshal.AsSpan(_values)[^width..];
        }

        public Tensor ToTensor() => NativeTensor.Of(_values.ToArray(), [Count, width]);
    }
}
