namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How a whole series becomes one vector, of which a label is predicted.</summary>
public enum SeriesReadingKind
{
    /// <summary>
    /// Layers of linear recurrences in continuous time (Orvieto et al., 2023; Smith, Warrington and Linderman, 2023): exact between observations, without a solver, and causal.
    /// </summary>
    LinearRecurrence,

    /// <summary>A neural controlled differential equation (Kidger, Morrill, Foster and Lyons, 2020): solved along a path through the observations.</summary>
    ControlledDifferentialEquation,
}
