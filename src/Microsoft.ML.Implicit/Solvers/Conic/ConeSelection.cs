namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>Some of the slacks of a product of cones.</summary>
internal sealed class ConeSelection
{
    /// <param name="cones">The cones.</param>
    /// <param name="isKept">Which slacks are kept, with those of the same cone where it is no product.</param>
    public ConeSelection(IReadOnlyList<Cone> cones, Func<int, bool> isKept)
    {
        List<long> rows = [];
        List<Cone> kept = [];
        int start = 0;
        foreach (Cone cone in cones)
        {
            int size = cone.Kind switch
            {
                ConeKind.Zero or ConeKind.Nonnegative => 1,
                ConeKind.Exponential => 3,
                _ => Math.Max(cone.Dimension, 1),
            };
            int count = 0;
            foreach (int[] slacks in Enumerable.Range(start, cone.Dimension).Chunk(size).Where(slacks => slacks.Any(isKept)))
            {
                rows.AddRange(slacks.Select(row => (long)row));
                count++;
            }

            if (count > 0)
            {
                kept.Add(cone.Kind switch
                {
                    ConeKind.Zero => Cone.Zero(count),
                    ConeKind.Nonnegative => Cone.Nonnegative(count),
                    ConeKind.Exponential => Cone.Exponential(count),
                    _ => cone,
                });
            }

            start += cone.Dimension;
        }

        (Rows, Cones) = (rows, kept);
    }

    /// <summary>The rows that are kept, ascending.</summary>
    public IReadOnlyList<long> Rows { get; }

    /// <summary>Their cones.</summary>
    public IReadOnlyList<Cone> Cones { get; }
}
