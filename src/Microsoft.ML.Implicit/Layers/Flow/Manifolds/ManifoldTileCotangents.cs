using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Layers.Flow.Manifolds;

/// <summary>Cotangents that a pullback of <see cref="ManagedManifoldFlow"/> on a tile gathers beside the perceptron's own.</summary>
/// <param name="start">First float.</param>
/// <param name="tileLength">Floats of a tile of coordinates.</param>
/// <param name="spheres">Number of spheres.</param>
/// <param name="tangents">Number of tangents of the perceptron's input.</param>
/// <param name="directions">Number of directions among them.</param>
internal readonly unsafe struct ManifoldTileCotangents(float* start, int tileLength, int spheres, int tangents, int directions)
{
    private const int TilesBesideTangents = 3;
    private readonly float* _start = start;

    /// <summary>That of x.</summary>
    public float* Point => _start;

    /// <summary>That of x as the perceptron's input.</summary>
    public float* Input => _start + tileLength;

    /// <summary>That of c, for one direction at a time.</summary>
    public float* Derivative => _start + (2 * tileLength);

    /// <summary>Those of the tangents of the perceptron's input as such, one after the other.</summary>
    public float* InputTangents => _start + (TilesBesideTangents * tileLength);

    public static int Length(int tileLength, int spheres, int tangents, int directions) =>
        ((TilesBesideTangents + tangents + directions) * tileLength) + (spheres * Tile.Lanes);

    public float* InputTangent(int k) => InputTangents + (k * tileLength);

    /// <summary>That of w of a direction.</summary>
    public float* Tangent(int direction) => InputTangent(tangents + direction);

    /// <summary>That of g in a sphere, for each row.</summary>
    public float* Outward(int sphere) => Tangent(directions) + (sphere * Tile.Lanes);

    /// <summary>Sets what is only added to to zero.</summary>
    public void Clear()
    {
        new Span<float>(Point, tileLength).Clear();
        new Span<float>(Outward(0), spheres * Tile.Lanes).Clear();
    }
}
