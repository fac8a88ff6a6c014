using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>Checks what callers pass to a solve.</summary>
internal static class OdeArguments
{
    public static void Validate(Tensor initialState, ReadOnlySpan<double> times)
    {
        ValidateState(initialState);
        ValidateTimes(times);
    }

    public static void ValidateState(Tensor initialState)
    {
        if (initialState.dtype is not (ScalarType.Float32 or ScalarType.Float64))
        {
            throw new ArgumentException($"The initial state is {initialState.dtype}; it must be Float32 or Float64.", nameof(initialState));
        }

        if (initialState.dim() == 0 || Width(initialState) == 0)
        {
            throw new ArgumentException("The initial state must have a batch dimension and at least one element a row.", nameof(initialState));
        }
    }

    /// <summary>Number of elements of a row.</summary>
    public static long Width(Tensor initialState) => initialState.shape.Skip(1).Aggregate(1L, (width, size) => width * size);

    public static void ValidateRowTimes(Tensor initialState, IReadOnlyList<double[]> times)
    {
        if (times.Count != initialState.shape[0])
        {
            throw new ArgumentException($"There are times for {times.Count} rows and {initialState.shape[0]} rows of the initial state.", nameof(times));
        }

        for (int row = 0; row < times.Count; row++)
        {
            double[] own = times[row];
            if (own.Length == 0 || own.Length != times[0].Length)
            {
                throw new ArgumentException($"Row {row} has {own.Length} times; every row needs the same number, at least one.", nameof(times));
            }

            for (int i = 0; i < own.Length; i++)
            {
                if (!double.IsFinite(own[i]) || (i > 0 && (own[i] - own[i - 1]) * (own[^1] - own[0]) < 0) || (own[^1] == own[0] && own[i] != own[0]))
                {
                    throw new ArgumentException($"Times of row {row} must be finite and sorted; time {i} is {own[i]}.", nameof(times));
                }
            }
        }
    }

    /// <summary>Whether steps of a size, begun at a time, are those that were asked for: a time far from zero is rounded to a multiple of its spacing.</summary>
    public static bool Resolves(double time, double size) => Math.BitIncrement(Math.Abs(time)) - Math.Abs(time) <= 0.01 * Math.Abs(size);

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
