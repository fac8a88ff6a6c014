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
    public static Tensor Require(Tensor? result, Tensor like, object source, string occasion = "") => Require(result, like.shape, like, source, occasion);

    /// <summary>Throws unless a tensor has a shape, and the type and device of another.</summary>
    /// <inheritdoc cref="Require(Tensor?, Tensor, object, string)"/>
    /// <param name="result">What was returned.</param>
    /// <param name="shape">What shape it must have.</param>
    /// <param name="like">What type and device it must have.</param>
    /// <param name="source">What returned it, for the message.</param>
    /// <param name="occasion">Where in it, for the message.</param>
    public static Tensor Require(Tensor? result, ReadOnlySpan<long> shape, Tensor like, object source, string occasion)
    {
        if (result is null)
        {
            throw new ArgumentException($"{source} returned null{occasion} for a tensor that is {Describe(shape, like)}.");
        }

        if (result.IsInvalid)
        {
            throw new ArgumentException($"{source} returned a disposed tensor{occasion}: move what is returned out of a dispose scope before that ends.");
        }

        return result.shape.AsSpan().SequenceEqual(shape) && result.dtype == like.dtype && result.device_type == like.device_type
            ? result
            : throw new ArgumentException($"{source} returned {Describe(result.shape, result)}{occasion} for a tensor that is {Describe(shape, like)}.");
    }

    private static string Describe(ReadOnlySpan<long> shape, Tensor tensor) => $"{tensor.dtype} [{string.Join(", ", shape.ToArray())}] on {tensor.device}";
}
