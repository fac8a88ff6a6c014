using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>Checks what callers pass to a solve.</summary>
internal static class OdeArguments
{
    public static void Validate(Tensor initialState, ReadOnlySpan<double> times)
    {
        if (initialState.dtype is not (ScalarType.Float32 or ScalarType.Float64))
        {
            throw new ArgumentException($"The initial state is {initialState.dtype}; it must be Float32 or Float64.", nameof(initialState));
        }

        if (initialState.dim() == 0 || initialState.numel() == 0)
        {
            throw new ArgumentException("The initial state must have a batch dimension and at least one element.", nameof(initialState));
        }

        ValidateTimes(times);
    }

    /// <summary>Relative spacing of the numbers of a type.</summary>
    public static double Epsilon(ScalarType type) => type == ScalarType.Float64 ? double.BitIncrement(1.0) - 1.0 : MathF.BitIncrement(1f) - 1f;

    public static void ValidateTimes(ReadOnlySpan<double> times)
    {
        if (times.IsEmpty)
        {
            throw new ArgumentException("At least one time is needed.", nameof(times));
        }

        for (int i = 0; i < times.Length; i++)
        {
            if (!double.IsFinite(times[i]))
            {
                throw new ArgumentException($"Time {i} is {times[i]}; times must be finite.", nameof(times));
            }

            if (i > 0 && (times[i] - times[i - 1]) * (times[^1] - times[0]) <= 0)
            {
                throw new ArgumentException($"Times must be strictly increasing or strictly decreasing; time {i} is {times[i]} after {times[i - 1]}.", nameof(times));
            }
        }
    }
}
