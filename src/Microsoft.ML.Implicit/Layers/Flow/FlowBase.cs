using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>The base distribution of a flow: normal or Student's t along Euclidean coordinates, and uniform on spheres.</summary>
/// <param name="Manifold">Where it lies.</param>
/// <param name="DegreesOfFreedom">Of Student's t; <see langword="null"/> for a normal distribution.</param>
internal sealed record FlowBase(ProductManifold Manifold, int? DegreesOfFreedom)
{
    /// <summary>The distribution along Euclidean coordinates.</summary>
    public RadialKernel Kernel { get; } = new(Manifold.EuclideanDimension, DegreesOfFreedom);

    /// <summary>Log of the integral of the kernel over the Euclidean coordinates and the spheres.</summary>
    public double LogNormalization => Kernel.LogNormalization + Manifold.LogSphereArea;

    /// <summary>Log density of points, [batch].</summary>
    /// <param name="points">[batch, width].</param>
    public Tensor LogDensity(Tensor points)
    {
        using DisposeScope scope = NewDisposeScope();
        return Kernel.Log(Euclidean(points).Squared().sum(1)).sub_(LogNormalization.Held()).MoveToOuterDisposeScope();
    }

    /// <summary>The gradient of <see cref="LogDensity"/> of each row: [batch, width].</summary>
    /// <param name="points">[batch, width].</param>
    public Tensor Score(Tensor points)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor euclidean = Euclidean(points);
        Tensor score = euclidean * Kernel.Pull(euclidean.Squared().sum(1, keepdim: true)).neg();
        Tensor spherical = zeros([points.shape[0], Manifold.Width - Manifold.EuclideanDimension], points.dtype, points.device);
        return cat([score, spherical], 1).MoveToOuterDisposeScope();
    }

    /// <summary>Draws vectors, [count, width] on the generator's device, whose projections onto the manifold have this distribution.</summary>
    public Tensor Draw(long count, ScalarType type, Generator generator) => Kernel.Draw(count, Manifold.Width, type, generator);

    private Tensor Euclidean(Tensor points) => points.narrow(1, 0, Manifold.EuclideanDimension);
}
