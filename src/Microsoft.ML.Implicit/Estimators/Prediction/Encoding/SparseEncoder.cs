using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Encodes wide vectors that are mostly zeros, such as counts of words, by their non-zeros alone. Zeros stay zeros, so nothing is
/// centred; a slot is scaled by the median of its non-zero magnitudes and not by its deviation, which would blow up what is rare.
/// Slots that are zero in all training rows, about which nothing can be learned, are left out.
/// </summary>
internal sealed partial class SparseEncoder : FeatureEncoder
{
    [ComponentName(Name = "slots")]
    private readonly Tensor _slots;

    [ComponentName(Name = "factor")]
    private readonly Tensor _factor;

    /// <summary>Creates an encoder whose slots and scales are yet to be filled in.</summary>
    /// <param name="slotCount">Slots that are not left out.</param>
    public SparseEncoder(int slotCount)
        : base(nameof(SparseEncoder))
    {
        Width = slotCount;
        _slots = zeros(slotCount, ScalarType.Int64);
        _factor = ones(slotCount);
        RegisterComponents();
    }

    public override int Width { get; }

    /// <summary>Learns the slots and scales.</summary>
    /// <param name="features">float32 [rows, features] in coordinate format, on the CPU.</param>
    public static SparseEncoder Of(Tensor features)
    {
        (long[] slots, float[] magnitudes) = MedianMagnitudes(features);

        // Where no slot is ever used, one stands for all of them.
        var encoder = new SparseEncoder(Math.Max(slots.Length, 1));
        if (slots.Length > 0)
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGradient = no_grad();
            encoder._slots.copy_(tensor(slots));
            encoder._factor.copy_(tensor(Array.ConvertAll(magnitudes, FeatureScale.Inverse)));
        }

        return encoder;
    }

    /// <inheritdoc/>
    public override void CheckState()
    {
        using DisposeScope scope = NewDisposeScope();
        long[] slots = _slots.data<long>().ToArray();
        if (slots.Zip(slots.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            throw new FormatException("The model file names the slots of the features out of order.");
        }
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor features)
    {
        Tensor sparse = features.is_sparse ? features : features.to_sparse();
        Tensor indices = sparse.SparseIndices;
        Tensor positions = searchsorted(_slots, indices[1]).clamp_max_((Width - 1).Held());
        Tensor isKept = _slots.index_select(0, positions).eq(indices[1]);
        Tensor factor = _factor.index_select(0, positions) * isKept;
        Tensor values = Clip(Scale(sparse.SparseValues, zeros_like(factor), factor));
        return sparse_coo_tensor(stack([indices[0], positions]), values, [features.shape[0], Width]);
    }

    // The bits of a positive float32 rise with its value: one sort puts the magnitudes of every slot in order.
    private static (long[] Slots, float[] Magnitudes) MedianMagnitudes(Tensor features)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = RowsToRead(features, features.SparseValues.shape[0] / features.shape[0]).Rows;
        ulong[] keys = [.. rows.SparseIndices[1].data<long>().ToArray()
            .Zip(rows.SparseValues.data<float>().ToArray(), (slot, value) => (Slot: slot, Magnitude: Math.Abs(value)))
            .Where(item => item.Magnitude > 0)
            .Select(item => ((ulong)item.Slot << 32) | BitConverter.SingleToUInt32Bits(item.Magnitude))];
        Array.Sort(keys);
        var slots = new List<long>();
        var magnitudes = new List<float>();
        for (int first = 0, end; first < keys.Length; first = end)
        {
            end = first + 1;
            while (end < keys.Length && keys[end] >> 32 == keys[first] >> 32)
            {
                end++;
            }

            slots.Add((long)(keys[first] >> 32));
            magnitudes.Add(BitConverter.UInt32BitsToSingle((uint)keys[(first + end) / 2]));
        }

        return ([.. slots], [.. magnitudes]);
    }
}
