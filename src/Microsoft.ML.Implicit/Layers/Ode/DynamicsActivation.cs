namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>Activation of the hidden layers of built-in dynamics. Both are smooth, as high-order methods require.</summary>
public enum DynamicsActivation
{
    /// <summary>Hyperbolic tangent.</summary>
    Tanh,

    /// <summary>log(1 + eˣ).</summary>
    Softplus,
}
