namespace Microsoft.ML.Implicit.Solvers.Conic.Faces;

/// <summary>A face of a second-order cone: the ray s₀ = ±sₖ with all other slacks zero, or the vertex.</summary>
/// <param name="Other">k, or zero for the vertex.</param>
/// <param name="Sign">That of sₖ.</param>
internal readonly record struct ConeFace(int Other, int Sign)
{
    public static ConeFace Vertex => default;

    public bool IsVertex => Other == 0;
}
