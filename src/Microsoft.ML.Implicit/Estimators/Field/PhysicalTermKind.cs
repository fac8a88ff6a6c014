namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A part of a field's equation whose form is known.</summary>
public enum PhysicalTermKind
{
    /// <summary>D Δu, with one coefficient above 0 in length² a time, such as a viscosity or a conductivity.</summary>
    Diffusion,

    /// <summary>−c · ∇u, with a velocity in length a time along each axis.</summary>
    Advection,

    /// <summary>−k u ∂u/∂x, on one axis, with one coefficient; 1 where the field is a velocity in length a time, as in the equation of Burgers.</summary>
    Convection,

    /// <summary>a₀ + a₁ u + a₂ u² + …, with as many coefficients as there are; four where they are learned.</summary>
    Reaction,
}
