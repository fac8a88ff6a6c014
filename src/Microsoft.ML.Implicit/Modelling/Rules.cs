namespace Microsoft.ML.Implicit.Modelling;

/// <summary>The rules of disciplined convex programming (Grant, Boyd and Ye, 2006).</summary>
internal static class Rules
{
    public static bool IsConvex(this Expression x) => x.Curvature is Curvature.Constant or Curvature.Affine or Curvature.Convex;

    public static bool IsConcave(this Expression x) => x.Curvature is Curvature.Constant or Curvature.Affine or Curvature.Concave;

    public static Curvature Sum(Curvature a, Curvature b) =>
        a == b || b == Curvature.Constant ? a
        : a == Curvature.Constant ? b
        : a == Curvature.Affine ? b
        : b == Curvature.Affine ? a
        : Curvature.Unknown;

    public static Curvature Negate(Curvature x) => x switch
    {
        Curvature.Convex => Curvature.Concave,
        Curvature.Concave => Curvature.Convex,
        _ => x,
    };

    /// <summary>The curvature of an expression times factors of a sign.</summary>
    public static Curvature Scale(Sign factor, Curvature x) => factor switch
    {
        Sign.Nonnegative => x,
        Sign.Nonpositive => Negate(x),
        _ => x is Curvature.Convex or Curvature.Concave ? Curvature.Unknown : x,
    };

    public static Sign Negate(Sign x) => x switch
    {
        Sign.Nonnegative => Sign.Nonpositive,
        Sign.Nonpositive => Sign.Nonnegative,
        _ => x,
    };

    public static Sign Product(Sign a, Sign b) => a == Sign.Unknown || b == Sign.Unknown ? Sign.Unknown : a == b ? Sign.Nonnegative : Sign.Nonpositive;

    public static Sign Sum(Sign a, Sign b) => a == b ? a : Sign.Unknown;

    public static Sign Of(IEnumerable<double> values)
    {
        double[] known = [.. values];
        return Array.TrueForAll(known, value => value >= 0) ? Sign.Nonnegative : Array.TrueForAll(known, value => value <= 0) ? Sign.Nonpositive : Sign.Unknown;
    }
}
