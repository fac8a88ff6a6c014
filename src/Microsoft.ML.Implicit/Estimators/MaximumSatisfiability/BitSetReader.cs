using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads training rows of bits. Rows of weight 0 are left out.</summary>
internal static class BitSetReader
{
    /// <exception cref="InvalidOperationException">There are no rows, a bit is not between 0 and 1, a weight is negative or not finite, or there is nothing to complete.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while reading.</exception>
    public static BitSet Read(IDataView data, BitColumns columns, string? weightColumnName, CancellationToken cancellationToken)
    {
        DataViewSchema.Column? weightColumn = weightColumnName is null ? null : data.Schema[weightColumnName];
        int length = columns.Length(data.Schema);
        IEnumerable<DataViewSchema.Column> read = columns.Names.Select(name => data.Schema[name]);
        using DataViewRowCursor cursor = data.GetRowCursor(weightColumn is null ? read : read.Append(weightColumn.Value).DistinctBy(column => column.Index));
        WeightReader? weightReader = weightColumn is { } column ? new WeightReader(cursor, column) : null;
        var reader = new BitReader(cursor, columns);
        List<float> bits = [];
        List<bool> known = [];
        List<double> weights = [];
        float[] row = new float[length];
        bool[] isKnown = new bool[length];
        bool isComplete = columns.Known is not null, isEmpty = true;
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            double weight = weightReader?.Read() ?? 1;
            if (weight == 0)
            {
                continue;
            }

            reader.Read(row, isKnown);
            for (int bit = 0; bit < length; bit++)
            {
                if (row[bit] is < 0 or > 1)
                {
                    throw new InvalidOperationException(
                        $"Column '{columns.Bits}', {SlotNames.Describe(data.Schema[columns.Bits], bit)}, row {cursor.Position} is {row[bit]}; a bit lies between 0 and 1, or is NaN where it is not known.");
                }

                isComplete &= isKnown[bit] || float.IsNaN(row[bit]);
                isEmpty &= float.IsNaN(row[bit]);
            }

            weights.Add(weight);
            bits.AddRange(row);
            known.AddRange(isKnown);
        }

        if (weights.Count == 0)
        {
            throw new InvalidOperationException(weightColumnName is null
                ? "There is nothing to learn from: the data has no rows."
                : $"There is nothing to learn from: no row has a weight above 0 in column '{weightColumnName}'.");
        }

        if (isEmpty)
        {
            throw new InvalidOperationException($"There is nothing to learn from: every bit in column '{columns.Bits}' is NaN.");
        }

        if (isComplete)
        {
            throw new InvalidOperationException($"There is nothing to learn: column '{columns.Known}' says of every bit in column '{columns.Bits}' that it is known. Leave out those that are to be completed.");
        }

        (int[] examples, float[] normalized) = ExampleWeights.Normalize(weights);
        using Tensor rows = tensor(examples, ScalarType.Int64);
        using var all = new BitSet(NativeTensor.Of([.. bits], [weights.Count, length]), tensor([.. known], [weights.Count, length]), ones(weights.Count));
        return new BitSet(all.Bits.index_select(0, rows), all.IsKnown.index_select(0, rows), NativeTensor.Of(normalized, [examples.Length])).Detach();
    }
}
