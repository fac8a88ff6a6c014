using Microsoft.ML.Implicit.Layers.Flow;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Flow;

[TestClass]
public sealed class ProductManifoldTests
{
    [TestMethod]
    public void Geodesics_lead_from_start_to_end_at_constant_speed()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(1);
        var manifold = new ProductManifold(2, 3, 2);
        Tensor start = manifold.Project(randn([20, 7], ScalarType.Float64, generator: seed));
        Tensor end = manifold.Project(randn([20, 7], ScalarType.Float64, generator: seed));
        Tensor At(double time) => manifold.Geodesics(start, end, full([20, 1], time, ScalarType.Float64)).Points;
        AssertClose(start, At(0));
        AssertClose(end, At(1));
        foreach (double time in (double[])[0, 0.3, 0.9])
        {
            (Tensor points, Tensor velocities) = manifold.Geodesics(start, end, full([20, 1], time, ScalarType.Float64));
            AssertClose(manifold.Project(points), points);
            AssertClose((At(time + 1e-5) - At(time - 1e-5)) / 2e-5, velocities);
            AssertClose(manifold.Geodesics(start, end, zeros([20, 1], ScalarType.Float64)).Velocities.square().sum(1), velocities.square().sum(1));
        }
    }

    [TestMethod]
    public void A_geodesic_from_a_point_to_itself_stays_there()
    {
        using DisposeScope scope = NewDisposeScope();
        var manifold = new ProductManifold(0, 3);
        Tensor point = tensor([0f, 0f, 1f], [1, 3]);
        (Tensor points, Tensor velocities) = manifold.Geodesics(point, point, full([1, 1], 0.5f));
        AssertClose(point, points);
        AssertClose(zeros_like(point), velocities);
    }

    [TestMethod]
    public void A_manifold_without_coordinates_or_with_a_sphere_of_one_number_is_refused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => new ProductManifold(0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ProductManifold(0, 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ProductManifold(-1, 2));
    }

    private static void AssertClose(Tensor expected, Tensor actual) =>
        Assert.IsLessThan(1e-7, (expected - actual).abs().max().ToDouble());
}
