using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>Replaces angles among the columns of a matrix by their sine and cosine, so that a whole turn changes nothing; by operations that autograd follows.</summary>
/// <param name="width">Number of columns.</param>
/// <param name="angles">Indices of those that are angles in radians.</param>
internal sealed class AngleEmbedding(long width, IReadOnlyCollection<int> angles)
{
    /// <summary>Number of columns after the embedding.</summary>
    public long Width => width + angles.Count;

    /// <summary>[rows, width] to [rows, <see cref="Width"/>].</summary>
    public Tensor Apply(Tensor x) => angles.Count == 0 ? x : cat([.. Columns(x).SelectMany((column, i) => angles.Contains(i) ? [column.sin(), column.cos()] : new[] { column })], 1);

    /// <summary>A cotangent of the embedded columns, carried to those of x.</summary>
    public Tensor Pullback(Tensor x, Tensor cotangent)
    {
        if (angles.Count == 0)
        {
            return cotangent;
        }

        var parts = new List<Tensor>();
        long next = 0;
        foreach ((Tensor column, int i) in Columns(x).Select((column, i) => (column, i)))
        {
            Tensor first = cotangent.narrow(1, next++, 1);
            parts.Add(angles.Contains(i) ? (first * column.cos()) - (cotangent.narrow(1, next++, 1) * column.sin()) : first);
        }

        return cat(parts, 1);
    }

    /// <summary>A tangent of x, carried to the embedded columns.</summary>
    public Tensor Pushforward(Tensor x, Tensor tangent) => angles.Count == 0
        ? tangent
        : cat([.. Columns(x).Zip(Columns(tangent)).SelectMany((pair, i) => angles.Contains(i) ? [pair.Second * pair.First.cos(), (pair.Second * pair.First.sin()).neg()] : new[] { pair.Second })], 1);

    private IEnumerable<Tensor> Columns(Tensor x)
    {
        for (long i = 0; i < width; i++)
        {
            yield return x.narrow(1, i, 1);
        }
    }
}
