using Microsoft.ML.Implicit.Modelling.Compilation;

namespace Microsoft.ML.Implicit.Modelling.Atoms;

/// <summary>A convex or concave function of an expression.</summary>
internal sealed class Atom : Expression
{
    private readonly string _text;
    private readonly Expression _argument;
    private readonly AtomKind _kind;

    /// <summary>Creates an atom.</summary>
    /// <param name="text">How it is written.</param>
    /// <param name="argument">Its argument.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="isScalar">Whether it makes one number of all entries.</param>
    /// <exception cref="ArgumentException">The argument depends on parameters alone.</exception>
    public Atom(string text, Expression argument, AtomKind kind, bool isScalar)
        : base(isScalar ? 1 : argument.Rows, isScalar ? 1 : argument.Columns)
    {
        (_text, _argument, _kind) = (text, argument, kind);
        if (argument.HasParameters && !argument.HasVariables)
        {
            throw new ArgumentException($"{text} is a function of parameters alone, which a program cannot be compiled for: make its value a parameter.", nameof(argument));
        }
    }

    public override Curvature Curvature
    {
        get
        {
            bool keeps = _kind.Monotonicity == Monotonicity.Increasing || (_kind.Monotonicity == Monotonicity.WithMagnitude && _argument.Sign == Sign.Nonnegative);
            bool reverses = _kind.Monotonicity == Monotonicity.WithMagnitude && _argument.Sign == Sign.Nonpositive;
            Curvature needed = keeps ? _kind.Curvature : reverses ? Rules.Negate(_kind.Curvature) : Curvature.Affine;
            return _argument.Curvature is Curvature.Affine or Curvature.Constant || _argument.Curvature == needed ? _kind.Curvature : Curvature.Unknown;
        }
    }

    public override Sign Sign => _kind.SignOf(_argument.Sign);

    internal override bool HasParameters => _argument.HasParameters;

    public override string ToString() => _text;

    internal override AffineForm Canonicalize(ProgramBuilder builder) => _kind.Form(_argument.Canonicalize(builder), builder);

    internal override AffineForm CanonicalizeCost(ProgramBuilder builder, AffineForm weights) =>
        _kind.Cost is { } cost && _argument.Curvature == Curvature.Affine ? cost(_argument.Canonicalize(builder), weights, builder) : base.CanonicalizeCost(builder, weights);
}
