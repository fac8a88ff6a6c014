using Microsoft.ML.Implicit.Solvers.Conic.Faces;

namespace Microsoft.ML.Implicit.Solvers.Conic.Blocks;

/// <summary>Makes the blocks of a program.</summary>
internal static class ConeBlocks
{
    /// <summary>One block a cone, one a triple of exponential cones, none for a cone without slacks.</summary>
    /// <param name="cones">The cones.</param>
    /// <param name="faces">Faces that take the place of cones, by the first slacks of these, or null.</param>
    public static ConeBlock[] Create(IReadOnlyList<Cone> cones, IReadOnlyDictionary<int, ConeFace>? faces = null)
    {
        List<ConeBlock> blocks = [];
        int start = 0;
        foreach (Cone cone in cones.Where(cone => cone.Dimension > 0))
        {
            switch (cone.Kind)
            {
                case ConeKind.Zero:
                    blocks.Add(new ZeroBlock(start, cone.Dimension));
                    break;
                case ConeKind.Nonnegative:
                    blocks.Add(new NonnegativeBlock(start, cone.Dimension));
                    break;
                case ConeKind.SecondOrder when faces is not null && faces.TryGetValue(start, out ConeFace face):
                    blocks.Add(face.IsVertex ? new ZeroBlock(start, cone.Dimension) : new RayBlock(start, cone.Dimension, face.Other, face.Sign));
                    break;
                case ConeKind.SecondOrder:
                    blocks.Add(new SecondOrderBlock(start, cone.Dimension));
                    break;
                case ConeKind.Semidefinite:
                    blocks.Add(new SemidefiniteBlock(start, cone.Size));
                    break;
                default:
                    blocks.AddRange(Enumerable.Range(0, cone.Size).Select(i => new ExponentialBlock(start + (3 * i))));
                    break;
            }

            start += cone.Dimension;
        }

        return [.. blocks];
    }
}
