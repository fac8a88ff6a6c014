using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
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

    /// <summary><see cref="Apply(Tensor)"/> in a program.</summary>
    public Block Apply(RowProgramBuilder program, Block x)
    {
        if (angles.Count == 0)
        {
            return x;
        }

        Block embedded = program.Sum((int)Width, Places().Where(at => !at.IsAngle).Select(at => new Product(at.Place, x[at.Column])));
        foreach ((int column, int place, _) in Places().Where(at => at.IsAngle))
        {
            program.SineAndCosine(x[column], embedded[place], embedded[place + 1]);
        }

        return embedded;
    }

    /// <summary><see cref="Pullback(Tensor, Tensor)"/> in a program.</summary>
    public Block Pullback(RowProgramBuilder program, Block embedded, Block cotangent) => angles.Count == 0
        ? cotangent
        : program.Sum((int)width, Places().SelectMany(at => at.IsAngle
            ? [new Product(at.Column, cotangent[at.Place], embedded[at.Place + 1]), new Product(at.Column, cotangent[at.Place + 1], embedded[at.Place], -1)]
            : new[] { new Product(at.Column, cotangent[at.Place]) }));

    /// <summary><see cref="Pushforward(Tensor, Tensor)"/> in a program.</summary>
    public Block Pushforward(RowProgramBuilder program, Block embedded, Block tangent) => angles.Count == 0
        ? tangent
        : program.Sum((int)Width, Places().SelectMany(at => at.IsAngle
            ? [new Product(at.Place, tangent[at.Column], embedded[at.Place + 1]), new Product(at.Place + 1, tangent[at.Column], embedded[at.Place], -1)]
            : new[] { new Product(at.Place, tangent[at.Column]) }));

    // Where the columns are after the embedding; an angle's cosine follows its sine.
    private IEnumerable<(int Column, int Place, bool IsAngle)> Places()
    {
        int place = 0;
        for (int column = 0; column < width; column++)
        {
            bool isAngle = angles.Contains(column);
            yield return (column, place, isAngle);
            place += isAngle ? 2 : 1;
        }
    }

    private IEnumerable<Tensor> Columns(Tensor x)
    {
        for (long i = 0; i < width; i++)
        {
            yield return x.narrow(1, i, 1);
        }
    }
}
