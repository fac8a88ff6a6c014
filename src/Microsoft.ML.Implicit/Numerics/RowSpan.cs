using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>Rows of numbers at equal distances in memory.</summary>
/// <param name="first">The first row.</param>
/// <param name="stride">Floats from one row to the next; 0 where all are the same.</param>
internal readonly unsafe struct RowSpan(float* first, int stride)
{
    private readonly float* _first = first;
    private readonly nint _stride = stride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* At(int row) => _first + (row * _stride);

    /// <summary>The same rows from a later column on, or from a later row on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowSpan Shifted(int columns, int rows = 0) => new(_first + (rows * _stride) + columns, (int)_stride);
}
