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
    public static Tensor Require(Tensor? result, Tensor like, object source, string occasion = "")
    {
        if (result is null)
        {
            throw new ArgumentException($"{source} returned null{occasion} for a tensor that is {Describe(like)}.");
        }

        if (result.IsInvalid)
        {
            throw new ArgumentException($"{source} returned a disposed tensor{occasion}: move what is returned out of a dispose scope before that ends.");
        }

        return result.shape.AsSpan().SequenceEqual(like.shape) && result.dtype == like.dtype && result.device_type == like.device_type
            ? result
            : throw new ArgumentException($"{source} returned {Describe(result)}{occasion} for a tensor that is {Describe(like)}.");
    }

    private static string Describe(Tensor tensor) => $"{tensor.dtype} [{string.Join(", ", tensor.shape)}] on {tensor.device}";
}
