using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>tanh of a fresh tensor: within autograd, or in place where there is no graph.</summary>
internal static unsafe class HyperbolicTangent
{
    private const int Block = 4096;

    // What one tanh costs beside one multiplication.
    private const int Work = 10;

    /// <summary>tanh of a tensor that the caller gives up.</summary>
    /// <param name="values">Values; overwritten where there is no graph.</param>
    public static Tensor Of(Tensor values)
    {
        if (is_grad_enabled())
        {
            return values.tanh();
        }

        if (values.device_type != TorchSharp.DeviceType.CPU || values.dtype != ScalarType.Float32 || !values.is_contiguous() || values.numel() > int.MaxValue)
        {
            return values.tanh_();
        }

        // A rational approximation to float32's precision takes a fraction of the time of the native library's tanh.
        int length = (int)values.numel();
        int blocks = (length + Block - 1) / Block;
        float* first = values.Pointer<float>();
        new TileLoop(blocks, get_num_threads(), Work * Block).Run((_, block) =>
        {
            int start = block * Block;
            VectorizedActivation.Tanh(first + start, Math.Min(Block, length - start));
        });
        return values;
    }
}
