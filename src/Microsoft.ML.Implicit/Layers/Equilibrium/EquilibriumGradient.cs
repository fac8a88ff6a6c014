namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>How gradients pass through an equilibrium.</summary>
public enum EquilibriumGradient
{
    /// <summary>The exact gradient by the implicit function theorem (Bai et al. 2019, "Deep Equilibrium Models", eq. 10).</summary>
    Implicit,

    /// <summary>
    /// The gradient of one evaluation at the equilibrium, with no adjoint solve (Fung et al. 2022, "JFB: Jacobian-free
    /// backpropagation for implicit networks").
    /// </summary>
    JacobianFree,

    /// <summary>
    /// The gradient of a few damped evaluations from the equilibrium on (Geng et al. 2021, "On training implicit models",
    /// the unrolled phantom gradient).
    /// </summary>
    Phantom,
}
