using Microsoft.ML.Implicit.Modelling.Compilation;

namespace Microsoft.ML.Implicit.Modelling.Atoms;

/// <summary>What a function is by the rules, and how cones make it.</summary>
/// <param name="Curvature">Convex or concave.</param>
/// <param name="Monotonicity">How it goes with its argument.</param>
/// <param name="SignOf">Its sign, of the argument's.</param>
/// <param name="Form">Its epigraph or hypograph: the form that the function bounds, with the constraints that let it.</param>
/// <param name="Cost">What its weighted sum adds to an objective where its argument is affine, or null where that is no more than its form.</param>
internal sealed record AtomKind(
    Curvature Curvature,
    Monotonicity Monotonicity,
    Func<Sign, Sign> SignOf,
    Func<AffineForm, ProgramBuilder, AffineForm> Form,
    Func<AffineForm, AffineForm, ProgramBuilder, AffineForm>? Cost = null)
{
    public static AtomKind Magnitude(Func<AffineForm, ProgramBuilder, AffineForm> form, Func<AffineForm, AffineForm, ProgramBuilder, AffineForm>? cost = null) =>
        new(Curvature.Convex, Monotonicity.WithMagnitude, _ => Sign.Nonnegative, form, cost);

    public static AtomKind Increasing(Func<Sign, Sign> signOf, Func<AffineForm, ProgramBuilder, AffineForm> form) => new(Curvature.Convex, Monotonicity.Increasing, signOf, form);

    public static AtomKind Concave(Monotonicity monotonicity, Func<Sign, Sign> signOf, Func<AffineForm, ProgramBuilder, AffineForm> form) => new(Curvature.Concave, monotonicity, signOf, form);
}
