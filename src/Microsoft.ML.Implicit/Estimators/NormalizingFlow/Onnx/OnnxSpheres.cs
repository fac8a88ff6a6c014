using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The ONNX form of <see cref="Layers.Flow.Manifolds.SphereBlocks"/>.</summary>
internal sealed class OnnxSpheres
{
    private readonly OnnxValue _membership;
    private readonly OnnxValue _sum;
    private readonly OnnxValue _euclidean;
    private readonly OnnxValue _dimensions;

    public OnnxSpheres(ProductManifold manifold, OnnxGraph graph, OnnxType precision)
    {
        int width = manifold.Width;
        double[] membership = new double[manifold.SphereWidths.Count * width], sum = new double[width * width], euclidean = new double[width], dimensions = new double[width];
        euclidean.AsSpan(0, manifold.EuclideanDimension).Fill(1);
        int first = manifold.EuclideanDimension;
        for (int sphere = 0; sphere < manifold.SphereWidths.Count; sphere++)
        {
            int size = manifold.SphereWidths[sphere];
            membership.AsSpan((sphere * width) + first, size).Fill(1);
            dimensions.AsSpan(first, size).Fill(size - 1);
            for (int column = first; column < first + size; column++)
            {
                sum.AsSpan((column * width) + first, size).Fill(1);
            }

            first += size;
        }

        _membership = graph.Constant(membership, precision, 1, manifold.SphereWidths.Count, width);
        _sum = graph.Constant(sum, precision, width, width);
        _euclidean = graph.Constant(euclidean, precision, 1, width);
        _dimensions = graph.Constant(dimensions, precision, width, 1);
    }

    /// <summary>Divides the vector of each sphere by its length.</summary>
    public OnnxValue Normalize(OnnxValue rows) => rows / (Dot(rows, rows) + _euclidean).Sqrt();

    /// <summary>Projects vectors onto the tangent spaces at points.</summary>
    public OnnxValue Tangent(OnnxValue points, OnnxValue vectors) => vectors - (points * Dot(points, vectors));

    /// <summary>The normal of each sphere at points, [rows, spheres, width].</summary>
    public OnnxValue Normals(OnnxValue points) => points.Unsqueeze(1) * _membership;

    /// <summary>(d - 1) x·u, summed over the spheres S^{d-1}: [rows, 1].</summary>
    public OnnxValue MeanCurvature(OnnxValue points, OnnxValue vectors) => (points * vectors).MatrixProduct(_dimensions);

    private OnnxValue Dot(OnnxValue a, OnnxValue b) => (a * b).MatrixProduct(_sum);
}
