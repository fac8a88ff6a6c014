using Microsoft.ML.Implicit.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Weights of a network with one penalty for all, or with one for those that the inputs of each feature meet.</summary>
/// <param name="Names">A name for each penalty.</param>
/// <param name="Matrix">The weights, [..., inputs, outputs] where features have penalties of their own.</param>
/// <param name="Features">The feature of each input, int64 [inputs], or <see langword="null"/>.</param>
internal sealed record PenalizedMatrix(IReadOnlyList<string> Names, Parameter Matrix, Tensor? Features)
{
    /// <summary>The sum of squares that each penalty multiplies, <c>[penalties]</c>, with a graph to the weights.</summary>
    public Tensor Squares()
    {
        Tensor squares = Matrix.Squared();
        return Features is null
            ? squares.sum().unsqueeze(0)
            : zeros([Names.Count], squares.dtype, squares.device).index_add(0, Features, squares.reshape(-1, Matrix.shape[^2], Matrix.shape[^1]).sum([0, 2]), 1.Held());
    }

    /// <summary>Adds λ w to the gradient.</summary>
    /// <param name="penalties">λ.</param>
    public void AddGradient(ReadOnlySpan<double> penalties)
    {
        if (Features is null)
        {
            Matrix.grad?.add_(Matrix, penalties[0].Held());
            return;
        }

        Tensor each = NativeTensor.Of(penalties.ToArray(), [penalties.Length], Matrix.device).to(Matrix.dtype).index_select(0, Features).unsqueeze(1);
        Matrix.grad?.PlusInPlace(Matrix * each);
    }
}
