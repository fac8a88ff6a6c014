using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>A few rows of numbers of which the first are kept one by one and the others, mostly zeros, by those that are not.</summary>
/// <remarks>Filled row by row: <see cref="AddRow"/>, then <see cref="AddNonZero"/> for each of the row's other numbers.</remarks>
internal sealed unsafe class CodedRows : IDisposable
{
    // For each set of eight places, those in it, and then places that do not matter.
    private static readonly int[] Orders = CreateOrders();

    private readonly AlignedBuffer _leading;
    private readonly int[] _ends;
    private AlignedBuffer _columns = new(0);
    private AlignedBuffer _values = new(0);
    private int _capacity;
    private int _entries;

    /// <param name="capacity">Rows at most.</param>
    /// <param name="leadingWidth">How many numbers of a row are kept one by one.</param>
    public CodedRows(int capacity, int leadingWidth)
    {
        LeadingWidth = leadingWidth;
        _leading = new AlignedBuffer((long)capacity * leadingWidth);
        _ends = new int[capacity];
    }

    /// <summary>How many numbers of a row are kept one by one.</summary>
    public int LeadingWidth { get; }

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>The first numbers, <see cref="LeadingWidth"/> a row.</summary>
    public float* Leading => _leading.Pointer;

    /// <summary>Among the other numbers, counted from 0, those of a row that are not zero.</summary>
    public ReadOnlySpan<int> Columns(int row) => new((int*)_columns.Pointer + Start(row), _ends[row] - Start(row));

    /// <summary>Values at <see cref="Columns"/>.</summary>
    public ReadOnlySpan<float> Values(int row) => new(_values.Pointer + Start(row), _ends[row] - Start(row));

    /// <summary>Forgets all rows.</summary>
    public void Clear() => (Count, _entries) = (0, 0);

    /// <summary>Starts the next row.</summary>
    /// <param name="others">How many numbers are given to <see cref="AddNonZero"/> at most.</param>
    /// <returns>Where its first numbers are to be written.</returns>
    public float* AddRow(int others)
    {
        int needed = _entries + others + Vector256<float>.Count;
        if (needed > _capacity)
        {
            _capacity = 2 * needed;
            _columns = Grown(_columns);
            _values = Grown(_values);
        }

        _ends[Count] = _entries;
        return _leading.Pointer + ((long)Count++ * LeadingWidth);
    }

    /// <summary>Adds those of the last row's other numbers that are not zero.</summary>
    /// <param name="first">Column of the first of these numbers.</param>
    /// <param name="numbers">Eight of them.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddNonZero(int first, Vector256<float> numbers)
    {
        // Where numbers are zero cannot be foretold: they are sorted out without a branch. What lies behind the last entry is written over.
        uint kept = ~Vector256.Equals(numbers, Vector256<float>.Zero).ExtractMostSignificantBits() & 0xFF;
        Vector256<int> order = Vector256.LoadUnsafe(ref Orders[kept * Vector256<int>.Count]);
        Vector256.Shuffle(numbers, order).Store(_values.Pointer + _entries);
        (order + Vector256.Create(first)).Store((int*)_columns.Pointer + _entries);
        _entries += BitOperations.PopCount(kept);
        _ends[Count - 1] = _entries;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _leading.Dispose();
        _columns.Dispose();
        _values.Dispose();
    }

    private static int[] CreateOrders()
    {
        int[] orders = new int[256 * Vector256<int>.Count];
        for (int set = 0; set < 256; set++)
        {
            int next = set * Vector256<int>.Count;
            for (int place = 0; place < Vector256<int>.Count; place++)
            {
                if ((set & (1 << place)) != 0)
                {
                    orders[next++] = place;
                }
            }
        }

        return orders;
    }

    private AlignedBuffer Grown(AlignedBuffer old)
    {
        var grown = new AlignedBuffer(_capacity);
        new ReadOnlySpan<float>(old.Pointer, _entries).CopyTo(new Span<float>(grown.Pointer, _entries));
        old.Dispose();
        return grown;
    }

    private int Start(int row) => row == 0 ? 0 : _ends[row - 1];
}
