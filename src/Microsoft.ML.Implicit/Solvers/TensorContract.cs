using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers;

/// <summary>Checks what a caller's code returns before a native call relies on it, some of which end the process on a wrong shape.</summary>
internal static class TensorContract
{
    /// <summary>Throws unless a tensor has the shape, type and device of another.</summary>
    /// <param name="result">What was returned.</param>
    /// <param name="like">What it must be like.</param>
    /// <param name="source">What returned it, for the message.</param>
    /// <param name="occasion">Where in it, for the message.</param>
    /// <returns><paramref name="result"/>.</returns>
    /// <exception cref="ArgumentException">It is null, disposed, or of another shape, type or device.</exception>
    public static Tensor Require(Tensor? result, Tensor like, object source, string occasion = "") =>
        result is { IsInvalid: false } && HasSameShape(result, like) && IsSameKind(result, like) ? result : throw Mismatch(result, like.shape, like, source, occasion);

    /// <summary>Throws unless a tensor has a shape, and the type and device of another.</summary>
    /// <inheritdoc cref="Require(Tensor?, Tensor, object, string)"/>
    /// <param name="result">What was returned.</param>
    /// <param name="shape">What shape it must have.</param>
    /// <param name="like">What type and device it must have.</param>
    /// <param name="source">What returned it, for the message.</param>
    /// <param name="occasion">Where in it, for the message.</param>
    public static Tensor Require(Tensor? result, ReadOnlySpan<long> shape, Tensor like, object source, string occasion) =>
        result is { IsInvalid: false } && HasShape(result, shape) && IsSameKind(result, like) ? result : throw Mismatch(result, shape, like, source, occasion);

    /// <summary>Whether a tensor has a shape; unlike <see cref="Tensor.shape"/> this reserves no memory.</summary>
    public static bool HasShape(Tensor tensor, ReadOnlySpan<long> shape)
    {
        bool isSame = tensor.dim() == shape.Length;
        for (int i = 0; isSame && i < shape.Length; i++)
        {
            isSame = tensor.size(i) == shape[i];
        }

        return isSame;
    }

    private static bool HasSameShape(Tensor first, Tensor second)
    {
        long dimensions = first.dim();
        bool isSame = dimensions == second.dim();
        for (int i = 0; isSame && i < dimensions; i++)
        {
            isSame = first.size(i) == second.size(i);
        }

        return isSame;
    }

    private static bool IsSameKind(Tensor first, Tensor second) => first.dtype == second.dtype && first.device_type == second.device_type;

    private static ArgumentException Mismatch(Tensor? result, ReadOnlySpan<long> shape, Tensor like, object source, string occasion)
    {
        if (result is null)
        {
            return new ArgumentException($"{source} returned null{occasion} for a tensor that is {Describe(shape, like)}.");
        }

        return new ArgumentException(result.IsInvalid
            ? $"{source} returned a disposed tensor{occasion}: move what is returned out of a dispose scope before that ends."
            : $"{source} returned {Describe(result.shape, result)}{occasion} for a tensor that is {Describe(shape, like)}.");
    }

    private static string Describe(ReadOnlySpan<long> shape, Tensor tensor) => $"{tensor.dtype} [{string.Join(", ", shape.ToArray())}] on {tensor.device}";
}
