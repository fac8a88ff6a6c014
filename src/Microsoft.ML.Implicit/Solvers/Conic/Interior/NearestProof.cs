namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>The points of a solve that are nearest to proving that there is no solution.</summary>
internal sealed class NearestProof(EmbeddingResiduals residuals, int variables, int constraints)
{
    // Where constraints are satisfied in the limit alone nothing can be proved, and rounding leaves points no nearer.
    private const double NearlyZero = 3e-5;

    private readonly ConePoint _infeasible = new(variables, constraints);
    private readonly ConePoint _unbounded = new(variables, constraints);
    private double _infeasibleDistance;
    private double _unboundedDistance;

    /// <summary>The point that proves what was said last.</summary>
    public ConePoint Point { get; } = new(variables, constraints);

    public void Reset() => (_infeasibleDistance, _unboundedDistance) = (double.PositiveInfinity, double.PositiveInfinity);

    /// <summary>Keeps the point that residuals were taken at, where it is nearer.</summary>
    /// <returns>What it proves, or null.</returns>
    public SolveStatus? Update(ConePoint point, double tolerance)
    {
        if (residuals.DistanceFromInfeasibility < _infeasibleDistance)
        {
            _infeasibleDistance = residuals.DistanceFromInfeasibility;
            point.CopyTo(_infeasible);
        }

        if (residuals.DistanceFromUnboundedness < _unboundedDistance)
        {
            _unboundedDistance = residuals.DistanceFromUnboundedness;
            point.CopyTo(_unbounded);
        }

        SolveStatus? proved = residuals.DistanceFromInfeasibility <= NearlyZero && residuals.ProvesInfeasibility(point, tolerance) ? SolveStatus.Infeasible
            : residuals.DistanceFromUnboundedness <= NearlyZero && residuals.ProvesUnboundedness(point, tolerance) ? SolveStatus.Unbounded
            : null;
        if (proved is not null)
        {
            point.CopyTo(Point);
        }

        return proved;
    }

    /// <summary>
    /// Says how a row ended that was not solved and has no proof: as if it had one where a point nearly is. Of both, that of infeasibility counts: a cost that falls where constraints are broken says nothing.
    /// </summary>
    /// <param name="outcome">How it ended otherwise.</param>
    public ConeOutcome Conclude(ConeOutcome outcome)
    {
        bool isInfeasible = _infeasibleDistance <= NearlyZero;
        if (!isInfeasible && !(_unboundedDistance <= NearlyZero))
        {
            return outcome;
        }

        (isInfeasible ? _infeasible : _unbounded).CopyTo(Point);
        return outcome with { Status = isInfeasible ? SolveStatus.NearlyInfeasible : SolveStatus.NearlyUnbounded };
    }
}
