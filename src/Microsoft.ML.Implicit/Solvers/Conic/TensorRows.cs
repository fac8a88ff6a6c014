using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>The numbers of each row of a tensor, where it holds them. To ask the tensor where a row begins takes longer than to read a short one.</summary>
internal readonly unsafe struct TensorRows
{
    // Held so that its memory stays.
    private readonly Tensor? _values;
    private readonly double* _first;
    private readonly int _length;

    /// <param name="values">Float64, contiguous, on the CPU.</param>
    /// <param name="dimensions">Those of what belongs to a row; the tensor has one more where it differs by row.</param>
    public TensorRows(Tensor values, int dimensions)
    {
        long[] shape = values.shape;
        _values = values;
        Vary = shape.Length > dimensions;
        _length = checked((int)shape.Skip(Vary ? 1 : 0).Aggregate(1L, (product, size) => product * size));
        _first = _length == 0 ? null : values.Pointer<double>();
    }

    /// <summary>Whether each row has numbers of its own.</summary>
    public bool Vary { get; }

    /// <summary>The numbers of a row.</summary>
    public ReadOnlySpan<double> this[int row] => _values is null ? default : new(_first + (Vary ? (long)row * _length : 0), _length);
}
