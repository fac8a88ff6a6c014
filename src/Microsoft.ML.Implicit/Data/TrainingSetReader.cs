using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Data;

/// <summary>
/// Reads feature, label, weight and context columns into tensors in one pass. Rows go to native memory chunk by chunk,
/// so that the data is never held in managed memory as a whole. Rows without a label or of weight 0 are left out.
/// </summary>
internal sealed class TrainingSetReader
{
    private const int ChunkRows = 4096;

    private readonly string _featureColumn;
    private readonly string? _labelColumn;
    private readonly string? _weightColumn;
    private readonly string? _contextColumn;
    private readonly Func<ReadOnlySpan<float>, string?>? _findFault;

    /// <param name="featureColumn">Vector of Single.</param>
    /// <param name="labelColumn">Label, or <see langword="null"/> for unsupervised training: every label is then 0.</param>
    /// <param name="weightColumn">Example weight, or <see langword="null"/>.</param>
    /// <param name="contextColumn">Vector of Single that the features are conditioned on, or <see langword="null"/>.</param>
    /// <param name="findFault">Says what is wrong with a row of features, if anything.</param>
    public TrainingSetReader(
        string featureColumn, string? labelColumn, string? weightColumn, string? contextColumn = null, Func<ReadOnlySpan<float>, string?>? findFault = null)
    {
        _featureColumn = featureColumn;
        _labelColumn = labelColumn;
        _weightColumn = weightColumn;
        _contextColumn = contextColumn;
        _findFault = findFault;
    }

    /// <exception cref="InvalidOperationException">No row is left, or a value is not finite or has a fault, or a vector has another length than its column declares.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while reading.</exception>
    public TrainingSet Read(IDataView data, IChannel channel, CancellationToken cancellationToken)
    {
        DataViewSchema.Column feature = data.Schema[_featureColumn];
        DataViewSchema.Column? label = _labelColumn is null ? null : data.Schema[_labelColumn];
        DataViewSchema.Column? weight = _weightColumn is null ? null : data.Schema[_weightColumn];
        DataViewSchema.Column? context = _contextColumn is null ? null : data.Schema[_contextColumn];
        IEnumerable<DataViewSchema.Column> columns = new[] { feature, label, weight, context }.OfType<DataViewSchema.Column>();
        using DataViewRowCursor cursor = data.GetRowCursor(columns.DistinctBy(column => column.Index));
        var featureReader = new VectorReader<float>(cursor, feature);
        VectorReader<float>? contextReader = context is null ? null : new VectorReader<float>(cursor, context.Value);
        ValueGetter<float>? getLabel = label is null ? null : RowCursorUtils.GetLabelGetter(cursor, label.Value.Index);
        ValueGetter<float>? getWeight = weight is null ? null : cursor.GetGetter<float>(weight.Value);

        using DisposeScope scope = NewDisposeScope();
        var features = new TensorChunks(ChunkRows, featureReader.Length);
        var contexts = new TensorChunks(ChunkRows, contextReader?.Length ?? 0);
        var labels = new TensorChunks(ChunkRows, 1);
        var weights = new TensorChunks(ChunkRows, 1);
        long unlabelled = 0;
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            float labelValue = 0;
            getLabel?.Invoke(ref labelValue);
            if (!float.IsFinite(labelValue))
            {
                unlabelled++;
                continue;
            }

            float weightValue = getWeight is null ? 1 : ReadWeight(getWeight, cursor.Position);
            if (weightValue == 0)
            {
                continue;
            }

            Span<float> row = features.NextRow();
            featureReader.Read(row);
            CheckFinite(row, feature, cursor.Position);
            if (_findFault?.Invoke(row) is { } fault)
            {
                throw new InvalidOperationException($"Column '{_featureColumn}', row {cursor.Position}: {fault}.");
            }

            if (contextReader is not null)
            {
                Span<float> contextRow = contexts.NextRow();
                contextReader.Read(contextRow);
                CheckFinite(contextRow, context!.Value, cursor.Position);
            }

            labels.NextRow()[0] = labelValue;
            if (getWeight is not null)
            {
                weights.NextRow()[0] = weightValue;
            }
        }

        if (unlabelled > 0)
        {
            channel.Warning($"{unlabelled} rows have no label in column '{_labelColumn}'; they are left out of training.");
        }

        if (features.Count == 0)
        {
            string? noLabel = _labelColumn is null ? null : $"a label in column '{_labelColumn}'";
            string? noWeight = _weightColumn is null ? null : $"a weight above 0 in column '{_weightColumn}'";
            string[] missing = [.. new[] { noLabel, noWeight }.OfType<string>()];
            throw new InvalidOperationException(missing.Length == 0
                ? "There is nothing to train on: the data has no rows."
                : $"There is nothing to train on: no row has {string.Join(" and ", missing)}.");
        }

        var set = new TrainingSet(
            features.ToTensor(), labels.ToTensor().squeeze(1), getWeight is null ? null : weights.ToTensor().squeeze(1), contextReader is null ? null : contexts.ToTensor());
        set.Detach();
        return set;
    }

    private static void CheckFinite(ReadOnlySpan<float> row, DataViewSchema.Column column, long position)
    {
        for (int slot = 0; slot < row.Length; slot++)
        {
            if (!float.IsFinite(row[slot]))
            {
                throw new InvalidOperationException(
                    $"Column '{column.Name}', {SlotNames.Describe(column, slot)}, row {position} is {row[slot]}. "
                    + "Replace missing values before training, for instance with Transforms.ReplaceMissingValues.");
            }
        }
    }

    private float ReadWeight(ValueGetter<float> getter, long position)
    {
        float value = 0;
        getter(ref value);
        return float.IsFinite(value) && value >= 0
            ? value
            : throw new InvalidOperationException($"Column '{_weightColumn}', row {position} is {value}; example weights must be finite and not negative.");
    }
}
