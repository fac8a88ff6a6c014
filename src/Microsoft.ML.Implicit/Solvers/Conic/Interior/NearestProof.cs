namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>The point of a solve that is nearest to proving that there is no solution.</summary>
internal sealed class NearestProof(EmbeddingResiduals residuals, int variables, int constraints)
{
    public ConePoint Point { get; } = new(variables, constraints);

    /// <summary>How near: the largest entry of what must be zero, where the objective of the proof is −1.</summary>
    public double Distance { get; private set; }

    /// <summary>Whether constraints contradict each other, or the objective falls without limit.</summary>
    public bool IsOfInfeasibility { get; private set; }

    public void Reset() => Distance = double.PositiveInfinity;

    /// <summary>Keeps the point that residuals were taken at, if it is nearer.</summary>
    public void Update(ConePoint point)
    {
        double infeasible = residuals.DistanceFromInfeasibility, distance = Math.Min(infeasible, residuals.DistanceFromUnboundedness);
        if (distance < Distance)
        {
            (Distance, IsOfInfeasibility) = (distance, distance == infeasible);
            point.CopyTo(Point);
        }
    }
}
