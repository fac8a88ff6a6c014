using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>Products of sparse rows with a matrix, at the cost of the non-zeros alone.</summary>
internal static class SparseRows
{
    /// <summary>b + x W, with a gradient of W in coordinate format that holds the rows of W which x selects, each once.</summary>
    /// <param name="bias">b, [columns].</param>
    /// <param name="x">[batch, rows], in coordinate format.</param>
    /// <param name="weight">W, [rows, columns].</param>
    /// <returns>[batch, columns].</returns>
    public static Tensor Affine(Tensor bias, Tensor x, Parameter weight)
    {
        Tensor indices = x.SparseIndices;
        (Tensor slots, Tensor? positions, _) = indices[1].unique(sorted: true, return_inverse: true);
        Tensor gathered = sparse_coo_tensor(stack([indices[0], positions!]), x.SparseValues, [x.shape[0], slots.shape[0]]);
        return bias.addmm(gathered, Select(weight, slots));
    }

    private static Tensor Select(Parameter weight, Tensor rows)
    {
        if (!is_grad_enabled())
        {
            return weight.index_select(0, rows);
        }

        // The embedding module is the one operation that gives such a gradient. It disposes of the weight that it holds in the end.
        using Embedding embedding = nn.Embedding(1, 1, sparse: true);
        Parameter own = embedding.weight!;
        embedding.weight = weight;
        Tensor selected = embedding.forward(rows);
        embedding.weight = own;
        return selected;
    }
}
