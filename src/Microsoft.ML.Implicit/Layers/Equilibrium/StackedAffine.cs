using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>
/// Affine maps by one matrix, or by a stack of them, one for each of several networks, whose rows follow one another. A stack takes a few large
/// operations where its networks one by one take many small ones.
/// </summary>
internal static class StackedAffine
{
    /// <summary>x W + b.</summary>
    /// <param name="offset">b: [out], or [networks, out] for a stack; or one a row, [rows, out].</param>
    /// <param name="x">[rows, in], the same number of rows for each network of a stack.</param>
    /// <param name="weight">W: [in, out] or [networks, in, out].</param>
    /// <returns>[rows, out].</returns>
    public static Tensor Of(Tensor offset, Tensor x, Tensor weight)
    {
        if (weight.dim() == 2)
        {
            return offset.addmm(x, weight);
        }

        long networks = weight.shape[0];
        return x.view(networks, -1, x.shape[1]).baddbmm(weight, offset.view(networks, -1, offset.shape[1])).flatten(0, 1);
    }

    /// <summary>x W.</summary>
    /// <param name="x">[rows, in], the same number of rows for each network of a stack.</param>
    /// <param name="weight">W: [in, out] or [networks, in, out].</param>
    /// <returns>[rows, out].</returns>
    public static Tensor Product(Tensor x, Tensor weight) =>
        weight.dim() == 2 ? x.mm(weight) : x.view(weight.shape[0], -1, x.shape[1]).bmm(weight).flatten(0, 1);
}
