namespace Microsoft.ML.Implicit.Benchmarks.Quality.Physics;

/// <summary>How a model is trained.</summary>
/// <param name="Seed">Seed of the data and of the model.</param>
/// <param name="Device">Where it is trained.</param>
/// <param name="Settings">Settings of the forecaster of mechanical systems, as paths and values.</param>
internal sealed record PhysicsSetup(int Seed, string Device, IReadOnlyList<string> Settings);
