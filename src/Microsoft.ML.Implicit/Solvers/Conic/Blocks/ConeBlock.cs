namespace Microsoft.ML.Implicit.Solvers.Conic.Blocks;

/// <summary>
/// One cone of a program and its scaling at a pair (s, z) of slacks and multipliers: a symmetric positive semidefinite H with ds = −H dz, for symmetric
/// cones that of Nesterov and Todd (1997), H z = s.
/// </summary>
/// <param name="start">Its first slack in a row.</param>
/// <param name="dimension">Number of slacks.</param>
internal abstract class ConeBlock(int start, int dimension)
{
    /// <summary>
    /// What is added to H where it is inverted, in units in which data are of the order of one: it bounds the weight of an equality and of an active
    /// constraint, and refinement takes its effect out again.
    /// </summary>
    public const double Regularisation = 1e-8;

    public int Start { get; } = start;

    public int Dimension { get; } = dimension;

    /// <summary>Parameter of the barrier.</summary>
    public abstract int Degree { get; }

    /// <summary>Whether the cone itself says what is large: an exponent is a number without a unit.</summary>
    public virtual bool FixesUnits => false;

    /// <summary>Whether its slacks are in cones of their own, so that H is diagonal.</summary>
    public virtual bool IsSeparable => false;

    /// <summary>Whether its slacks are measured alike, beside the largest of them.</summary>
    public virtual bool HasOneUnit => false;

    public Span<double> Of(double[] row) => row.AsSpan(Start, Dimension);

    /// <summary>What a point leaves of the block's constraints Ax + s = bτ, relative to their terms. A large right side of one must not hide what is left of another.</summary>
    /// <param name="residual">Ax + s − bτ.</param>
    /// <param name="product">Ax.</param>
    /// <param name="s">s.</param>
    /// <param name="negligible">Beside what terms are small, row by row.</param>
    public double RelativeResidual(ReadOnlySpan<double> residual, ReadOnlySpan<double> product, ReadOnlySpan<double> s, ReadOnlySpan<double> negligible)
    {
        if (HasOneUnit)
        {
            double terms = Math.Max(DenseVector.MaximumMagnitude(product), DenseVector.MaximumMagnitude(s));
            return DenseVector.MaximumMagnitude(residual) / Math.Max(DenseVector.MaximumMagnitude(negligible), terms);
        }

        double largest = 0;
        for (int i = 0; i < residual.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(residual[i]) / Math.Max(negligible[i], Math.Max(Math.Abs(product[i]), Math.Abs(s[i]))));
        }

        return largest;
    }

    /// <summary>For slacks that are in cones of their own.</summary>
    protected static int DescribeSeparateUnits(Span<RowUnit> units, int next)
    {
        for (int i = 0; i < units.Length; i++, next++)
        {
            units[i] = new RowUnit(next, next, 0);
        }

        return next;
    }

    /// <summary>Says which units its slacks may have: in the cone's maps onto itself, factors all the same but where a kind has more.</summary>
    /// <param name="units">Receives what the unit of each slack is made of.</param>
    /// <param name="next">The first number that is free.</param>
    /// <returns>The first that is left.</returns>
    public virtual int DescribeUnits(Span<RowUnit> units, int next)
    {
        units.Fill(new RowUnit(next, next + 1, 0));
        return next + 2;
    }

    /// <summary>Sets slacks and multipliers to the centre of the cone and of its dual.</summary>
    public abstract void SetUnit(Span<double> s, Span<double> z);

    /// <summary>Takes the scaling hI.</summary>
    public abstract void ScaleUniformly(double h);

    /// <summary>Takes the scaling at an interior pair.</summary>
    /// <returns>Whether rounding left the pair inside.</returns>
    public abstract bool TryScale(ReadOnlySpan<double> s, ReadOnlySpan<double> z, double mu);

    /// <summary>Moves a pair to the central path, s = −μ∇f*(z), with the same s − z, and takes the scaling there, the exact derivative.</summary>
    public abstract void MoveToPath(Span<double> s, Span<double> z, double mu);

    /// <summary>v ← (I + H)⁻¹ v. Where H itself would magnify rounding by its large eigenvalues, this keeps it.</summary>
    public abstract void ApplyResolvent(Span<double> v);

    /// <summary>v ← (H + δI)⁻¹ v.</summary>
    public abstract void ApplyInverse(Span<double> v);

    /// <summary>Multiplies a matrix, stored row by row, from the left by some T with TᵀT = (H + δI)⁻¹.</summary>
    public abstract void Whiten(Span<double> rows, int columns);

    /// <summary>
    /// What −ds − H dz is to be in the combined step: s + Wᵀ(λ \ (W⁻ᵀds ∘ W dz − σμe)) from the affine step (ds, dz) for a symmetric cone
    /// (Mehrotra, 1992; Vandenberghe, 2010, section 5.3).
    /// </summary>
    /// <param name="ds">Slacks of the affine step.</param>
    /// <param name="dz">Multipliers of the affine step.</param>
    /// <param name="centre">σμ.</param>
    /// <param name="target">Holds s, and receives it.</param>
    public abstract void Correct(ReadOnlySpan<double> ds, ReadOnlySpan<double> dz, double centre, Span<double> target);

    /// <summary>The longest step, at most a limit, that stays inside.</summary>
    public abstract double LongestStep(ReadOnlySpan<double> s, ReadOnlySpan<double> ds, ReadOnlySpan<double> z, ReadOnlySpan<double> dz, double limit);

    /// <summary>Whether a pair is near enough to the central path. Symmetric cones need no such thing.</summary>
    public virtual bool IsNearPath(ReadOnlySpan<double> s, ReadOnlySpan<double> z, double mu) => true;
}
