using Microsoft.ML.Implicit.Layers.Flow.Manifolds;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>
/// The product of a Euclidean space and unit spheres S^{d-1}, each embedded in R^d; a circle is the sphere of the plane. A
/// point is a row of its Euclidean coordinates followed by one unit vector for each sphere.
/// </summary>
/// <remarks>
/// Densities on it are with respect to lengths along Euclidean coordinates and to the surface measure of each sphere: arc
/// length in radians on a circle, area on the sphere of space.
/// </remarks>
public sealed class ProductManifold
{
    /// <summary>Creates a manifold.</summary>
    /// <param name="euclideanDimension">Number of Euclidean coordinates, or zero.</param>
    /// <param name="sphereWidths">Length d of each unit vector, at least two.</param>
    /// <exception cref="ArgumentException">There is neither a Euclidean coordinate nor a sphere.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is too small.</exception>
    public ProductManifold(int euclideanDimension, params IReadOnlyList<int> sphereWidths)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(euclideanDimension);
        ArgumentNullException.ThrowIfNull(sphereWidths);
        foreach (int width in sphereWidths)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(width, 2, nameof(sphereWidths));
        }

        if (euclideanDimension == 0 && sphereWidths.Count == 0)
        {
            throw new ArgumentException("A manifold needs a Euclidean coordinate or a sphere.", nameof(sphereWidths));
        }

        EuclideanDimension = euclideanDimension;
        SphereWidths = [.. sphereWidths];
        Width = euclideanDimension + sphereWidths.Sum();
    }

    /// <summary>Number of Euclidean coordinates.</summary>
    public int EuclideanDimension { get; }

    /// <summary>Length d of each unit vector.</summary>
    public IReadOnlyList<int> SphereWidths { get; }

    /// <summary>Numbers in a row.</summary>
    public int Width { get; }

    /// <summary>Whether there is no sphere.</summary>
    public bool IsEuclidean => SphereWidths.Count == 0;

    /// <summary>The nearest point of the manifold: divides the vector of each sphere by its length.</summary>
    /// <param name="rows"><c>[batch, width]</c>.</param>
    /// <returns><c>[batch, width]</c>.</returns>
    public Tensor Project(Tensor rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (IsEuclidean)
        {
            return rows.alias();
        }

        using SphereBlocks blocks = BlocksFor(rows);
        return blocks.Normalize(rows);
    }

    /// <summary>Projects vectors orthogonally onto the tangent spaces at points of the manifold.</summary>
    /// <param name="points"><c>[batch, width]</c>.</param>
    /// <param name="vectors"><c>[batch, width]</c>.</param>
    /// <returns><c>[batch, width]</c>.</returns>
    public Tensor ProjectToTangents(Tensor points, Tensor vectors)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(vectors);
        if (IsEuclidean)
        {
            return vectors.alias();
        }

        using SphereBlocks blocks = BlocksFor(points);
        return blocks.Tangent(points, vectors);
    }

    /// <summary>Points on the shortest paths between pairs of points, and the velocities there.</summary>
    /// <param name="start">Points at time 0, <c>[batch, width]</c>.</param>
    /// <param name="end">Points at time 1, <c>[batch, width]</c>.</param>
    /// <param name="times">Times from 0 to 1, <c>[batch, 1]</c>.</param>
    /// <returns>Points and velocities, <c>[batch, width]</c> each.</returns>
    internal (Tensor Points, Tensor Velocities) Geodesics(Tensor start, Tensor end, Tensor times)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor difference = end - start;
        Tensor points = start.Plus(times * difference);
        Tensor velocities = difference;
        if (!IsEuclidean)
        {
            using SphereBlocks blocks = BlocksFor(start);
            Tensor angle = blocks.Angles(start, end);
            Tensor direction = blocks.Direction(start, end);
            (Tensor sine, Tensor cosine) = ((times * angle).sin(), (times * angle).cos());
            points = where(blocks.IsSpherical, (cosine * start).Plus(sine * direction), points);
            velocities = where(blocks.IsSpherical, angle * ((cosine * direction) - (sine * start)), velocities);
        }

        return (points.MoveToOuterDisposeScope(), velocities.MoveToOuterDisposeScope());
    }

    /// <summary>Log of the product of the spheres' areas.</summary>
    internal double LogSphereArea => SphereWidths.Sum(LogArea);

    /// <summary>Tensors that operations on rows of the same type and device need.</summary>
    internal SphereBlocks BlocksFor(Tensor rows) => new(this, rows.dtype, rows.device);

    // The area of S^{d-1} is 2 π^{d/2} / Γ(d/2).
    private static double LogArea(int width) => Math.Log(2) + (0.5 * width * Math.Log(Math.PI)) - RadialKernel.LogGammaOfHalf(width);
}
