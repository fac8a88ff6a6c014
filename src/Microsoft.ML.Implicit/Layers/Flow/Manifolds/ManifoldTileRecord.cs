using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Layers.Flow.Manifolds;

/// <summary>What an evaluation of <see cref="ManagedManifoldFlow"/> on a tile records beside the perceptron's own.</summary>
/// <param name="start">First float.</param>
/// <param name="tileLength">Floats of a tile of coordinates.</param>
/// <param name="spheres">Number of spheres.</param>
/// <param name="tangents">Number of tangents of the perceptron's input.</param>
/// <param name="directions">Number of directions among them.</param>
internal readonly unsafe struct ManifoldTileRecord(float* start, int tileLength, int spheres, int tangents, int directions)
{
    private const int TilesBesideTangents = 3;
    private readonly float* _start = start;

    /// <summary>x, with a unit vector in each sphere.</summary>
    public float* Point => _start;

    /// <summary>v.</summary>
    public float* Slope => _start + tileLength;

    /// <summary>u.</summary>
    public float* Value => _start + (2 * tileLength);

    public static int Length(int tileLength, int spheres, int tangents, int directions) =>
        ((TilesBesideTangents + tangents + directions) * tileLength) + (2 * spheres * Tile.Lanes);

    /// <summary>Tangent of the perceptron's input.</summary>
    public float* Tangent(int k) => _start + ((TilesBesideTangents + k) * tileLength);

    /// <summary>c, the covariant derivative along a direction.</summary>
    public float* Derivative(int direction) => Tangent(tangents + direction);

    /// <summary>1 / |s| of a sphere's vector s, for each row.</summary>
    public float* InverseLength(int sphere) => Tangent(tangents + directions) + (sphere * Tile.Lanes);

    /// <summary>g = x·u in a sphere, for each row.</summary>
    public float* Outward(int sphere) => InverseLength(spheres + sphere);
}
