using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow.Manifolds;

/// <summary>
/// The columns of the spheres of a <see cref="ProductManifold"/> as tensors of one type and device, so that an operation on
/// all spheres is one. Where a value belongs to a sphere, it stands in each of the sphere's columns, and Euclidean columns have zero.
/// </summary>
internal sealed class SphereBlocks : IDisposable
{
    // Smaller lengths are those of vectors without a direction.
    private const double SmallestLength = 1e-20;

    private readonly Tensor _sum;
    private readonly Tensor _euclidean;

    public SphereBlocks(ProductManifold manifold, ScalarType type, Device device)
    {
        int spheres = manifold.SphereWidths.Count;
        double[,] membership = new double[spheres, manifold.Width];
        double[] dimensions = new double[manifold.Width];
        int first = manifold.EuclideanDimension;
        for (int i = 0; i < spheres; i++)
        {
            int width = manifold.SphereWidths[i];
            for (int column = first; column < first + width; column++)
            {
                membership[i, column] = 1;
                dimensions[column] = width - 1;
            }

            first += width;
        }

        using DisposeScope scope = NewDisposeScope();
        Membership = tensor(membership, type, device).unsqueeze(1);
        Dimensions = tensor(dimensions, type, device).unsqueeze(1);
        IsSpherical = Dimensions.squeeze(1).gt(0.Held());
        _sum = Membership.squeeze(1).t().mm(Membership.squeeze(1));
        _euclidean = IsSpherical.logical_not().to(type);
        scope.Detach([Membership, Dimensions, IsSpherical, _sum, _euclidean]);
    }

    /// <summary>One in the columns of each sphere, <c>[spheres, 1, width]</c>.</summary>
    public Tensor Membership { get; }

    /// <summary>Dimension d - 1 of each column's sphere, <c>[width, 1]</c>.</summary>
    public Tensor Dimensions { get; }

    /// <summary>Whether a column belongs to a sphere, <c>[width]</c>.</summary>
    public Tensor IsSpherical { get; }

    /// <summary>The inner product of two vectors in each sphere, <c>[..., width]</c>.</summary>
    public Tensor Dot(Tensor a, Tensor b) => (a * b).matmul(_sum);

    /// <summary>Divides the vector of each sphere by its length.</summary>
    public Tensor Normalize(Tensor rows) => rows / Dot(rows, rows).Plus(_euclidean).sqrt();

    /// <summary>Projects vectors onto the tangent spaces at points: u - x (x·u) in each sphere.</summary>
    public Tensor Tangent(Tensor points, Tensor vectors) => vectors - (points * Dot(points, vectors));

    /// <summary>The angle between two unit vectors in each sphere, accurate for small and straight angles.</summary>
    public Tensor Angles(Tensor a, Tensor b) => Length(a - b).atan2(Length(a.Plus(b))).mul_(2.Held());

    /// <summary>The unit tangents at points that lead to others.</summary>
    public Tensor Direction(Tensor points, Tensor targets)
    {
        Tensor tangent = Tangent(points, targets);
        return tangent / Length(tangent).clamp_min(SmallestLength.Held());
    }

    public void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[Membership, Dimensions, IsSpherical, _sum, _euclidean])
        {
            tensor.Dispose();
        }
    }

    private Tensor Length(Tensor vectors) => Dot(vectors, vectors).sqrt();
}
