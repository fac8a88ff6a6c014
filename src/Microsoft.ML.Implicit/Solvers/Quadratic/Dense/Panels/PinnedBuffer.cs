namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

/// <summary>One pinned, zeroed allocation that hands out 64-byte aligned blocks of doubles.</summary>
internal sealed unsafe class PinnedBuffer
{
    private readonly double[] _storage;
    private readonly int _capacity;
    private readonly double* _start;
    private int _used;

    public PinnedBuffer(int capacity)
    {
        _storage = GC.AllocateArray<double>(capacity + Panel.Width, pinned: true);
        _capacity = capacity;
        nint address = (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _storage[0]);
        _start = (double*)((address + 63) & ~(nint)63);
    }

    /// <summary>Takes the next block; <paramref name="count"/> is a multiple of <see cref="Panel.Width"/>.</summary>
    public double* Take(int count)
    {
        if (count % Panel.Width != 0 || _used + count > _capacity)
        {
            throw new InvalidOperationException($"A block of {count} doubles does not fit: {_used} of {_capacity} are used.");
        }

        double* block = _start + _used;
        _used += count;
        return block;
    }

    /// <summary>Takes all blocks back, as they are.</summary>
    public void Reset() => _used = 0;
}
