using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>Checked evaluations: native code that meets another shape below autograd ends the process.</summary>
internal static class FunctionValues
{
    /// <summary>Evaluates a function.</summary>
    /// <exception cref="ArgumentException">The value has another shape, type or device than the state.</exception>
    public static Tensor Evaluate(IDifferentiableFunction function, Tensor z, IReadOnlyList<Tensor> inputs)
    {
        Tensor value = function.Evaluate(z, inputs) ?? throw new ArgumentException($"{function.GetType().Name} returned null.");
        return value.dtype == z.dtype && value.device_type == z.device_type && value.shape.AsSpan().SequenceEqual(z.shape)
            ? value
            : throw new ArgumentException($"{function.GetType().Name} returned {value.dtype} [{string.Join(", ", value.shape)}] on {value.device} for a state that is {z.dtype} [{string.Join(", ", z.shape)}] on {z.device}.");
    }
}
