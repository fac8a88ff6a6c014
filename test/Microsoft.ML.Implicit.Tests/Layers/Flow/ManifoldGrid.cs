using MathNet.Numerics.Integration;
using Microsoft.ML.Implicit.Layers.Flow;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Flow;

/// <summary>Points of a manifold, float64, and the measure that each stands for in a quadrature.</summary>
internal sealed record ManifoldGrid(ProductManifold Manifold, Tensor Points, Tensor Weights)
{
    public static ManifoldGrid Circle(int count = 400)
    {
        Tensor angles = Midpoints(0, 2 * Math.PI, count);
        return new ManifoldGrid(new ProductManifold(0, 2), OnCircle(angles), full([count], 2 * Math.PI / count, ScalarType.Float64));
    }

    /// <summary>Gauss-Legendre in height, in which area is uniform, and the midpoint rule in longitude.</summary>
    public static ManifoldGrid Sphere(int count = 120)
    {
        var rule = new GaussLegendreRule(-1, 1, count);
        Tensor pairs = cartesian_prod(tensor(rule.Abscissas), Midpoints(0, 2 * Math.PI, count));
        Tensor height = pairs.narrow(1, 0, 1);
        Tensor points = cat([(1 - height.square()).sqrt() * OnCircle(pairs.select(1, 1)), height], 1);
        return new ManifoldGrid(new ProductManifold(0, 3), points, tensor(rule.Weights).repeat_interleave(count) * (2 * Math.PI / count));
    }

    public static ManifoldGrid Torus(int count = 100)
    {
        Tensor pairs = cartesian_prod(Midpoints(0, 2 * Math.PI, count), Midpoints(0, 2 * Math.PI, count));
        Tensor points = cat([OnCircle(pairs.select(1, 0)), OnCircle(pairs.select(1, 1))], 1);
        return new ManifoldGrid(new ProductManifold(0, 2, 2), points, full([count * count], Math.Pow(2 * Math.PI / count, 2), ScalarType.Float64));
    }

    public static ManifoldGrid CircleAndLine(int count = 160)
    {
        Tensor pairs = cartesian_prod(Midpoints(-12, 12, count), Midpoints(0, 2 * Math.PI, count));
        Tensor points = cat([pairs.narrow(1, 0, 1), OnCircle(pairs.select(1, 1))], 1);
        return new ManifoldGrid(new ProductManifold(1, 2), points, full([count * count], 24 * 2 * Math.PI / (count * count), ScalarType.Float64));
    }

    private static Tensor OnCircle(Tensor angles) => stack([angles.cos(), angles.sin()], 1);

    private static Tensor Midpoints(double start, double end, int count)
    {
        double half = (end - start) / count / 2;
        return linspace(start + half, end - half, count, ScalarType.Float64);
    }
}
