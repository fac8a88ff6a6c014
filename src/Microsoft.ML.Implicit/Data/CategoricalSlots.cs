using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>
/// Ranges of slots of a feature vector that hold a category each: 0 in all slots but that of the category, which is 1, and 0 in all where it is
/// missing or unknown. A vector is folded into its other slots, in their order, and behind them the place of each category within its range, from 1, or 0.
/// </summary>
internal sealed class CategoricalSlots
{
    // Of each slot: where it is folded to, and the place that it stands for, or 0 for a number.
    private readonly int[] _targets;
    private readonly int[] _places;

    /// <param name="length">Length of the vector.</param>
    /// <param name="starts">First slot of each range, ascending.</param>
    /// <param name="levels">Slots of each range; the ranges do not overlap.</param>
    public CategoricalSlots(int length, int[] starts, int[] levels)
    {
        (Starts, Levels) = (starts, levels);
        NumberCount = length - levels.Sum();
        _targets = new int[length];
        _places = new int[length];
        for (int slot = 0, range = 0, numbers = 0; slot < length; slot++)
        {
            range += range < starts.Length && slot == starts[range] + levels[range] ? 1 : 0;
            bool isCategory = range < starts.Length && slot >= starts[range];
            _targets[slot] = isCategory ? NumberCount + range : numbers++;
            _places[slot] = isCategory ? slot - starts[range] + 1 : 0;
        }
    }

    /// <summary>First slot of each range.</summary>
    public IReadOnlyList<int> Starts { get; }

    /// <summary>Slots of each range.</summary>
    public IReadOnlyList<int> Levels { get; }

    /// <summary>Length of the vector.</summary>
    public int Length => _targets.Length;

    /// <summary>Slots that are in no range.</summary>
    public int NumberCount { get; }

    /// <summary>Length of a folded vector.</summary>
    public int FoldedLength => NumberCount + Levels.Count;

    /// <summary>The slots that are in no range, ascending.</summary>
    public long[] NumberSlots => [.. _places.Index().Where(slot => slot.Item == 0).Select(slot => (long)slot.Index)];

    /// <summary>The ranges that a column's annotation names, as ML.NET's one-hot encodings write it and concatenation hands it on.</summary>
    /// <exception cref="ArgumentException">It names none.</exception>
    public static CategoricalSlots Of(DataViewSchema.Column column, DataViewSchema schema)
    {
        if (!AnnotationUtils.TryGetCategoricalFeatureIndices(schema, column.Index, out int[] ends))
        {
            throw new ArgumentException(
                $"EmbedCategories is set, and column '{column.Name}' says of none of its slots that they are a category. Encode each category with Transforms.Categorical.OneHotEncoding of the kind Indicator, "
                + "or a key with Transforms.Conversion.MapKeyToVector, and put the vectors together with Transforms.Concatenate last of all: transforms of the whole vector, such as those that normalise or replace missing "
                + "values, keep no note of categories.");
        }

        int[][] ranges = [.. ends.Chunk(2)];
        return new CategoricalSlots(column.Type.GetVectorSize(), [.. ranges.Select(range => range[0])], [.. ranges.Select(range => range[1] - range[0] + 1)]);
    }

    /// <summary>Whether two are the ranges of the same slots, or both are none.</summary>
    public static bool AreEqual(CategoricalSlots? one, CategoricalSlots? other) => one is null || other is null
        ? one == other
        : one.Length == other.Length && one.Starts.SequenceEqual(other.Starts) && one.Levels.SequenceEqual(other.Levels);

    /// <summary>Folds a vector.</summary>
    /// <param name="vector">The vector.</param>
    /// <param name="folded">Receives <see cref="FoldedLength"/> numbers.</param>
    /// <param name="fault">A slot of a category that is neither 0 nor 1, or not the only one that is 1.</param>
    /// <returns>Whether there is no such slot.</returns>
    public bool TryFold(in VBuffer<float> vector, ref VBuffer<float> folded, out int fault)
    {
        VBufferEditor<float> editor = VBufferEditor.Create(ref folded, FoldedLength);
        editor.Values.Clear();
        fault = -1;
        ReadOnlySpan<float> values = vector.GetValues();
        for (int i = 0; i < values.Length && fault < 0; i++)
        {
            int slot = vector.IsDense ? i : vector.GetIndices()[i];
            ref float target = ref editor.Values[_targets[slot]];
            if (_places[slot] == 0)
            {
                target = values[i];
            }
            else if (values[i] == 1 && target == 0)
            {
                target = _places[slot];
            }
            else if (values[i] != 0)
            {
                fault = slot;
            }
        }

        folded = editor.Commit();
        return fault < 0;
    }
}
