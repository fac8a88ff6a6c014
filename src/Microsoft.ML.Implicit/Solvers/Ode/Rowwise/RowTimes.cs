using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>Times of all rows as tensors in the order of outputs: the index of a time before that of a row.</summary>
internal static class RowTimes
{
    /// <summary>The times.</summary>
    /// <returns><c>[times, batch]</c>.</returns>
    public static Tensor ToTensor(IReadOnlyList<double[]> times, ScalarType type, Device device)
    {
        int count = times[0].Length;
        double[] values = [.. Enumerable.Range(0, count).SelectMany(k => times.Select(own => own[k]))];
        return tensor(values, [count, times.Count], type, device);
    }

    /// <summary>Tells which times equal their row's first one: the state there is the initial state.</summary>
    /// <returns><c>[times, batch, 1]</c>.</returns>
    public static Tensor EqualFirst(IReadOnlyList<double[]> times, Device device)
    {
        Tensor all = ToTensor(times, ScalarType.Float64, device);
        return all.eq(all[0]).unsqueeze(2);
    }
}
