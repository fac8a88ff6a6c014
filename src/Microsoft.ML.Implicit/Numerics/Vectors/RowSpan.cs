using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>Rows of numbers at equal distances in memory.</summary>
/// <param name="first">The first row.</param>
/// <param name="stride">Floats from one row to the next; 0 where all are the same.</param>
internal readonly unsafe struct RowSpan(float* first, nint stride)
{
    private readonly float* _first = first;
    private readonly nint _stride = stride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* At(int row) => _first + (row * _stride);

    /// <summary>The rows from one on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowSpan From(int row) => new(At(row), _stride);

    /// <summary>The same rows from a column on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowSpan Shifted(int column) => new(_first + column, _stride);
}
