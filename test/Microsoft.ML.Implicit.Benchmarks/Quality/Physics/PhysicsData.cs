using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Physics;

/// <summary>Trajectories to train on.</summary>
/// <param name="States">What is observed, [times, series, width].</param>
/// <param name="Derivatives">Derivatives where it would be without noise, of the same shape.</param>
internal sealed record PhysicsData(Tensor States, Tensor Derivatives)
{
    public static PhysicsData Draw(PhysicalSystem system, Random random)
    {
        Tensor states = system.Solve(system.Starts(random, system.Series), system.Observations, system.Gap);
        using var generator = new Generator((ulong)random.Next());
        Tensor derivatives = system.Derivative(states.reshape(-1, states.shape[2])).view(states.shape);
        return new PhysicsData(states + (randn(states.shape, ScalarType.Float64, generator: generator) * system.Noise), derivatives);
    }
}
