using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Data;

/// <summary>
/// Reads feature, label, weight and context columns into tensors in one pass. Rows go to native memory chunk by chunk,
/// so that the data is never held in managed memory as a whole. Rows without a label or of weight 0 are left out. Only the
/// proportions of weights count.
/// </summary>
internal sealed class TrainingSetReader
{
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

    /// <summary>Whether wide feature vectors that are mostly zeros are kept by their non-zeros alone.</summary>
    public bool KeepsSparse { get; init; }

    /// <summary>Whether features may be missing, which is NaN, in vectors that are held in full.</summary>
    public bool AllowsMissing { get; init; }

    /// <summary>Whether categories in the feature vector are folded, as the column's annotation names their slots.</summary>
    public bool FoldsCategories { get; init; }

    /// <summary>Column that names each row's group, text, a key or a number, or <see langword="null"/>; reading adds the names to <see cref="GroupNames"/>.</summary>
    public string? GroupColumn { get; init; }

    /// <summary>Names of the groups that were read, in the order in which they came.</summary>
    public List<string> GroupNames { get; } = [];

    /// <summary>Is told which rows are kept, or <see langword="null"/>.</summary>
    public RowPlaces? Places { get; init; }

    /// <exception cref="ArgumentException">Categories are to be folded, and the feature column names no slots of any.</exception>
    /// <exception cref="InvalidOperationException">No row is left, or a value is not finite or has a fault, or a vector has another length than its column declares.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while reading.</exception>
    public TrainingSet Read(IDataView data, IChannel channel, CancellationToken cancellationToken)
    {
        DataViewSchema.Column feature = data.Schema[_featureColumn];
        DataViewSchema.Column? label = _labelColumn is null ? null : data.Schema[_labelColumn];
        DataViewSchema.Column? weight = _weightColumn is null ? null : data.Schema[_weightColumn];
        DataViewSchema.Column? context = _contextColumn is null ? null : data.Schema[_contextColumn];
        DataViewSchema.Column? group = GroupColumn is null ? null : data.Schema[GroupColumn];
        IEnumerable<DataViewSchema.Column> columns = new[] { feature, label, weight, context, group }.OfType<DataViewSchema.Column>();
        using DataViewRowCursor cursor = data.GetRowCursor(columns.DistinctBy(column => column.Index));
        var featureReader = new VectorReader<float>(cursor, feature);
        VectorReader<float>? contextReader = context is null ? null : new VectorReader<float>(cursor, context.Value);
        ValueGetter<float>? getLabel = label is null ? null : RowCursorUtils.GetLabelGetter(cursor, label.Value.Index);
        WeightReader? weightReader = weight is null ? null : new WeightReader(cursor, weight.Value);

        GroupReader? groupReader = group is null ? null : new GroupReader(cursor, group.Value, GroupNames);

        using DisposeScope scope = NewDisposeScope();
        CategoricalSlots? categories = FoldsCategories ? CategoricalSlots.Of(feature, data.Schema) : null;
        var features = new FeatureChunks(categories?.FoldedLength ?? featureReader.Length, KeepsSparse && categories is null);
        VBuffer<float> folded = default;
        var contexts = new FeatureChunks(contextReader?.Length ?? 0, allowsSparse: false);
        var labels = new List<float>();
        var weights = new List<double>();
        var groups = new List<long>();
        long unlabelled = 0, nonZeros = 0;
        string? missingFeature = null;
        Places?.Clear();
        while (cursor.MoveNext())
        {
            Places?.MoveNext();
            cancellationToken.ThrowIfCancellationRequested();
            float labelValue = 0;
            getLabel?.Invoke(ref labelValue);
            if (float.IsNaN(labelValue))
            {
                unlabelled++;
                continue;
            }

            if (float.IsInfinity(labelValue))
            {
                throw new InvalidOperationException($"Column '{_labelColumn}', row {cursor.Position} is {labelValue}; labels must be finite.");
            }

            double weightValue = weightReader?.Read() ?? 1;
            if (weightValue == 0)
            {
                continue;
            }

            VBuffer<float> row = featureReader.Read();
            CheckFinite(in row, feature, cursor.Position, AllowsMissing, ref missingFeature);
            if (_findFault?.Invoke(row.IsDense ? row.GetValues() : [.. row.DenseValues()]) is { } fault)
            {
                throw new InvalidOperationException($"Column '{_featureColumn}', row {cursor.Position}: {fault}.");
            }

            if (contextReader is not null)
            {
                VBuffer<float> contextRow = contextReader.Read();
                CheckFinite(in contextRow, context!.Value, cursor.Position, allowsMissing: false, ref missingFeature);
                contexts.Add(in contextRow);
            }

            if (groupReader is not null)
            {
                groups.Add(groupReader.Read());
            }

            if (categories?.TryFold(in row, ref folded, out int slot) is false)
            {
                throw new InvalidOperationException(
                    $"Column '{_featureColumn}', row {cursor.Position}: {SlotNames.Describe(feature, slot)} is one of a category's, of which one is 1 and the others are 0, or all are 0; it is not.");
            }

            nonZeros += categories is null ? 0 : FeatureTensor.CountNonZeros(in row);
            features.Add(in categories is null ? ref row : ref folded);
            labels.Add(labelValue);
            weights.Add(weightValue);
            Places?.Keep();
        }

        if (unlabelled > 0)
        {
            channel.Warning($"{unlabelled} rows have no label in column '{_labelColumn}'; they are left out.");
        }

        if (labels.Count == 0)
        {
            string? noLabel = _labelColumn is null ? null : $"a label in column '{_labelColumn}'";
            string? noWeight = _weightColumn is null ? null : $"a weight above 0 in column '{_weightColumn}'";
            string[] lacking = [.. new[] { noLabel, noWeight }.OfType<string>()];
            throw new InvalidOperationException(lacking.Length == 0
                ? "There is nothing to learn from: the data has no rows."
                : $"There is nothing to learn from: no row has {string.Join(" and ", lacking)}.");
        }

        if (KeepsSparse && categories is not null && FeatureTensor.IsSparse(nonZeros, labels.Count, categories.NumberCount))
        {
            channel.Warning(
                $"Column '{_featureColumn}' has {categories.NumberCount} numbers a row beside its categories, of which most are zero. With EmbedCategories they are all held, which takes much more memory and time: "
                + "without it their non-zeros alone are.");
        }

        Tensor values = features.ToTensor();
        if (values.is_sparse && missingFeature is not null)
        {
            throw new InvalidOperationException($"{missingFeature} In wide vectors that are mostly zeros none may be missing.");
        }

        var set = new TrainingSet(values, tensor(labels), null, contextReader is null ? null : contexts.ToTensor()) { Groups = groupReader is null ? null : tensor(groups), Categories = categories };
        return (weightReader is null ? set : Weigh(set, weights)).Detach();
    }

    private TrainingSet Weigh(TrainingSet set, List<double> weights)
    {
        (int[] rows, float[] shares) = ExampleWeights.Normalize(weights);
        Places?.Select(rows);
        TrainingSet kept = rows.Length == weights.Count ? set : set.Select(tensor(Array.ConvertAll(rows, row => (long)row)));
        return kept with { Weights = tensor(shares) };
    }

    // Says which value was the first that is missing, where some may be.
    private static void CheckFinite(in VBuffer<float> row, DataViewSchema.Column column, long position, bool allowsMissing, ref string? firstMissing)
    {
        ReadOnlySpan<float> values = row.GetValues();
        for (int i = 0; i < values.Length; i++)
        {
            bool isMissing = allowsMissing && float.IsNaN(values[i]);
            if (float.IsFinite(values[i]) || (isMissing && firstMissing is not null))
            {
                continue;
            }

            int slot = row.IsDense ? i : row.GetIndices()[i];
            string fault = $"Column '{column.Name}', {SlotNames.Describe(column, slot)}, row {position} is {values[i]}. " + (float.IsNaN(values[i])
                ? "Replace missing values before training, for instance with Transforms.ReplaceMissingValues."
                : "Values must be finite: leave the row out, or limit them.");
            firstMissing = isMissing ? fault : throw new InvalidOperationException(fault);
        }
    }
}
