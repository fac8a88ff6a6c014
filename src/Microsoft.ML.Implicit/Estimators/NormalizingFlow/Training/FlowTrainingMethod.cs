namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How a normalizing flow is trained.</summary>
public enum FlowTrainingMethod
{
    /// <summary>Maximum likelihood through the adjoint equation (Chen et al. 2018; Grathwohl et al. 2019).</summary>
    MaximumLikelihood,

    /// <summary>
    /// Flow matching (Lipman et al., Flow matching for generative modeling, 2023): regression of the velocity on straight
    /// paths from noise to data, without solving the differential equation. The fast choice for large data.
    /// </summary>
    FlowMatching,
}
