using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Rows of numbers in one buffer.</summary>
internal sealed class NumberRows(int width, int capacity)
{
    private readonly double[] _values = new double[capacity * width];

    public Span<double> this[int slot] => _values.AsSpan(slot * width, width);

    /// <summary>Copies rows: float64 [slots, width].</summary>
    public Tensor ToTensor(int[] slots)
    {
        double[] values = new double[slots.Length * width];
        for (int i = 0; i < slots.Length; i++)
        {
            this[slots[i]].CopyTo(values.AsSpan(i * width));
        }

        return NativeTensor.Of(values, [slots.Length, width]);
    }
}
