using Microsoft.ML.Implicit.Solvers.Conic.Blocks;

namespace Microsoft.ML.Implicit.Solvers.Conic.Splitting;

/// <summary>Projections onto a product of cones and onto its polar, which add up to what is projected (Moreau, 1962): the end of the central path that has a given s − z, for exponential cones by a formula.</summary>
internal sealed class ConeProjection(IReadOnlyList<Cone> cones)
{
    private const double PathMu = 1e-18;

    private readonly ConeBlock[] _blocks = ConeBlocks.Create(cones);

    /// <summary>Splits v = s − z into s in the cones and z in their duals.</summary>
    /// <param name="v">What is split, in place of which s is given; what is in zero cones becomes zero.</param>
    /// <param name="z">Receives z, zero in zero cones, whose duals hold everything.</param>
    public void Split(double[] v, double[] z)
    {
        foreach (ConeBlock block in _blocks)
        {
            Span<double> s = block.Of(v), multiplier = block.Of(z);
            if (block is ExponentialBlock)
            {
                ExponentialProjection.Split(s, multiplier);
            }
            else
            {
                multiplier.Clear();
                block.MoveToPath(s, multiplier, PathMu);
            }
        }
    }
}
