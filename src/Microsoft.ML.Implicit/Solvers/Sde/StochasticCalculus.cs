namespace Microsoft.ML.Implicit.Solvers.Sde;

/// <summary>How the stochastic integral of an equation is to be understood.</summary>
/// <remarks>
/// The same drift and diffusion mean two different equations: an Itô equation dy = f dt + g dW is the Stratonovich equation with the drift
/// f - ½ Σⱼ (∂gⱼ/∂y) gⱼ. Where g does not depend on y, both are one.
/// </remarks>
public enum StochasticCalculus
{
    /// <summary>Itô's: noise is independent of the state that it is multiplied with.</summary>
    Ito,

    /// <summary>Stratonovich's: the chain rule is the ordinary one, as for noise that is the limit of smooth noise.</summary>
    Stratonovich,
}
