using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Persistence;

/// <summary>A tensor in a <see cref="ModelDocument"/>.</summary>
/// <param name="Type">Type of its numbers.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Bytes">Its numbers, row by row.</param>
internal sealed record DocumentTensor(ScalarType Type, long[] Shape, ReadOnlyMemory<byte> Bytes)
{
    // As safetensors call them.
    private static readonly (ScalarType Type, string Name, int Size)[] Types =
    [
        (ScalarType.Float32, "F32", 4),
        (ScalarType.Float64, "F64", 8),
        (ScalarType.Int64, "I64", 8),
        (ScalarType.Int32, "I32", 4),
        (ScalarType.Byte, "U8", 1),
        (ScalarType.Bool, "BOOL", 1),
    ];

    public string TypeName => Array.Find(Types, type => type.Type == Type).Name;

    public bool IsEmpty => Bytes.IsEmpty;

    /// <exception cref="FormatException">There is no such type.</exception>
    public static ScalarType TypeOf(string name) => Array.Find(Types, type => type.Name == name) is { Name: not null } found
        ? found.Type
        : throw new FormatException($"The file holds numbers of type '{name}', which this version of Microsoft.ML.Implicit does not know.");

    /// <summary>Bytes that numbers of a type and shape take.</summary>
    /// <exception cref="FormatException">There is no such shape, or no file is so large.</exception>
    public static long LengthOf(ScalarType type, IEnumerable<long> shape)
    {
        Int128 length = Array.Find(Types, known => known.Type == type) is { Name: not null } found
            ? found.Size
            : throw new FormatException($"The file holds numbers of type {type}, which this version of Microsoft.ML.Implicit does not know.");
        foreach (long size in shape)
        {
            length *= size;
            if (size < 0 || length > long.MaxValue)
            {
                throw new FormatException($"The file holds a tensor of {size} rows or columns.");
            }
        }

        return (long)length;
    }

    /// <summary>Copies the numbers into a tensor of the same type and shape.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="target">Receives them.</param>
    /// <exception cref="FormatException">Types or shapes differ, or a number is not finite.</exception>
    public void CopyTo(string name, Tensor target)
    {
        if (Type != target.dtype || !Shape.AsSpan().SequenceEqual(target.shape))
        {
            throw new FormatException($"Tensor '{name}' of the file is {Type}[{string.Join(", ", Shape)}]; the model has {target.dtype}[{string.Join(", ", target.shape)}].");
        }

        using IDisposable noGradient = no_grad();
        using Tensor local = empty(Shape, Type);
        Bytes.Span.CopyTo(local.bytes);
        StoredTensor.CheckFinite(local, name);
        target.copy_(local);
    }
}
