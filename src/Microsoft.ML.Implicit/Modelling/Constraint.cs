using Microsoft.ML.Implicit.Modelling.Atoms;
using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Solvers.Conic;

namespace Microsoft.ML.Implicit.Modelling;

/// <summary>What a program's variables must satisfy.</summary>
public sealed class Constraint
{
    private readonly string _text;
    private readonly ConeKind _kind;
    private readonly Expression _slack;

    private Constraint(string text, ConeKind kind, Expression slack)
    {
        (_text, _kind, _slack) = (text, kind, slack);
    }

    /// <summary>Rows of its multipliers.</summary>
    public int Rows => _slack.Rows;

    /// <summary>Columns of its multipliers.</summary>
    public int Columns => _slack.Columns;

    /// <summary>Name under which its multipliers are asked for and contradictions are told, or null.</summary>
    public string? Name { get; private init; }

    /// <summary>The same constraint with a name.</summary>
    /// <param name="name">The name, unique among the constraints of a program.</param>
    public Constraint Named(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new Constraint(_text, _kind, _slack) { Name = name };
    }

    /// <inheritdoc/>
    public override string ToString() => _text;

    internal static Constraint AtMost(Expression left, Expression right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        string text = $"{left} <= {right}";
        return !left.IsConvex() ? throw NotDisciplined(text, left, "convex")
            : !right.IsConcave() ? throw NotDisciplined(text, right, "concave")
            : new Constraint(text, ConeKind.Nonnegative, right - left);
    }

    internal static Constraint Equal(Expression left, Expression right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        string text = $"{left} == {right}";
        RequireAffine(text, left);
        RequireAffine(text, right);
        return new Constraint(text, ConeKind.Zero, right - left);
    }

    internal static Constraint Semidefinite(Expression matrix)
    {
        string text = $"{matrix} is positive semidefinite";
        RequireAffine(text, matrix);
        return matrix.Rows == matrix.Columns
            ? new Constraint(text, ConeKind.Semidefinite, matrix)
            : throw new ArgumentException($"{text}: the matrix is [{matrix.Rows}, {matrix.Columns}], not square.", nameof(matrix));
    }

    internal void AddTo(ProgramBuilder builder)
    {
        builder.Origin = Name ?? _text;
        AffineForm form = _slack.Canonicalize(builder);
        builder.Constrain(_kind, _kind == ConeKind.Semidefinite ? ConeForms.SymmetricVector(form, _slack.Rows) : form, this);
    }

    private static void RequireAffine(string text, Expression side)
    {
        if (!(side.IsConvex() && side.IsConcave()))
        {
            throw NotDisciplined(text, side, "affine");
        }
    }

    private static ArgumentException NotDisciplined(string text, Expression side, string needed) =>
        new($"The constraint {text}: {side} must be {needed} by the rules of disciplined convex programming, and is {side.Curvature.ToString().ToLowerInvariant()}.");
}
