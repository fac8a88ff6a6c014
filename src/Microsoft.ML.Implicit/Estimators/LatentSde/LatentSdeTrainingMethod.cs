namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How a latent stochastic differential equation is trained.</summary>
public enum LatentSdeTrainingMethod
{
    /// <summary>
    /// By its marginals, without simulation: the posterior at a time is a normal distribution, and the drift that has these marginals is compared with the prior's at random
    /// times (Bartosh, Vetrov and Naesseth, "SDE Matching", 2025). The default.
    /// </summary>
    SdeMatching,

    /// <summary>By simulating the posterior's paths, whose gradients come from an adjoint sweep (Li, Wong, Chen and Duvenaud, 2020).</summary>
    Adjoint,
}
