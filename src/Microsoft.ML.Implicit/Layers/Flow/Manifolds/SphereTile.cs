using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Layers.Flow.Manifolds;

/// <summary>Where a sphere's unit vector stands in tiles, and operations on this part of them. Scales have one value for each row.</summary>
/// <param name="Offset">Floats before it.</param>
/// <param name="Length">Floats of it.</param>
/// <param name="Dimension">Dimension of the sphere, one less than the length of the vector.</param>
internal readonly unsafe record struct SphereTile(int Offset, int Length, int Dimension)
{
    /// <summary>Sets the inner product of each row.</summary>
    public void Dot(float* a, float* b, float* product)
    {
        new Span<float>(product, Tile.Lanes).Clear();
        AddDot(a, b, 1, product);
    }

    /// <summary>product += factor · a·b.</summary>
    public void AddDot(float* a, float* b, float factor, float* product) => TileProducts.AddDot(a + Offset, b + Offset, Length, factor, product);

    /// <summary>destination += factor · scale a.</summary>
    public void AddScaled(float* scale, float factor, float* a, float* destination) =>
        TileProducts.AddScaled(scale, factor, a + Offset, Length, destination + Offset);

    public void Copy(float* source, float* destination) =>
        new ReadOnlySpan<float>(source + Offset, Length).CopyTo(new Span<float>(destination + Offset, Length));

    public void Clear(float* tile) => new Span<float>(tile + Offset, Length).Clear();
}
