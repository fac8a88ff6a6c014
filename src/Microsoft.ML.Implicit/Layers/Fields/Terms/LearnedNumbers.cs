using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Fields.Terms;

/// <summary>Few numbers that are learned.</summary>
internal static class LearnedNumbers
{
    public static Tensor Create(params double[] values) => tensor(Array.ConvertAll(values, value => (float)value)).clone();

    public static double[] Read(Tensor numbers)
    {
        using DisposeScope scope = NewDisposeScope();
        return [.. numbers.detach().cpu().to(ScalarType.Float64).data<double>()];
    }

    public static void Write(Tensor numbers, params ReadOnlySpan<double> values)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        numbers.copy_(NativeTensor.Of(values.ToArray(), numbers.shape));
    }
}
