namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How a field is carried on in time.</summary>
public enum FieldSolver
{
    /// <summary>By an explicit method: the finer the grid, the more steps, up to some hundreds from one row to the next.</summary>
    Explicit,

    /// <summary>By an implicit method, whose steps do not depend on the grid, but cost more: where diffusion reaches over many points from one row to the next.</summary>
    Implicit,
}
