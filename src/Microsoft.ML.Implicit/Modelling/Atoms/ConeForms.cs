using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Solvers.Conic;

namespace Microsoft.ML.Implicit.Modelling.Atoms;

/// <summary>Epigraphs of convex and hypographs of concave functions, made of cones (Boyd and Vandenberghe, 2004; Chares, 2009, for exponential ones).</summary>
internal static class ConeForms
{
    private static readonly AffineForm One = AffineForm.Number(1);

    public static AffineForm Absolute(AffineForm x, ProgramBuilder builder)
    {
        AffineForm t = builder.CreateVariable(x.Size);
        builder.Constrain(ConeKind.Nonnegative, t.Minus(x));
        builder.Constrain(ConeKind.Nonnegative, t.Plus(x));
        return t;
    }

    public static AffineForm Positive(AffineForm x, ProgramBuilder builder)
    {
        AffineForm t = builder.CreateVariable(x.Size);
        builder.Constrain(ConeKind.Nonnegative, t.Minus(x));
        builder.Constrain(ConeKind.Nonnegative, t);
        return t;
    }

    public static AffineForm Largest(AffineForm x, ProgramBuilder builder)
    {
        AffineForm t = builder.CreateVariable(1);
        builder.Constrain(ConeKind.Nonnegative, t.Broadcast(x.Size).Minus(x));
        return t;
    }

    public static AffineForm LargestMagnitude(AffineForm x, ProgramBuilder builder)
    {
        AffineForm t = builder.CreateVariable(1);
        builder.Constrain(ConeKind.Nonnegative, t.Broadcast(x.Size).Minus(x));
        builder.Constrain(ConeKind.Nonnegative, t.Broadcast(x.Size).Plus(x));
        return t;
    }

    public static AffineForm Norm(AffineForm x, ProgramBuilder builder)
    {
        AffineForm t = builder.CreateVariable(1);
        builder.Constrain(ConeKind.SecondOrder, AffineForm.Stack(t, x));
        return t;
    }

    // ‖x‖² ≤ t where ‖(2x, t − 1)‖ ≤ t + 1.
    public static AffineForm SumSquares(AffineForm x, ProgramBuilder builder)
    {
        AffineForm t = builder.CreateVariable(1);
        builder.Constrain(ConeKind.SecondOrder, AffineForm.Stack(t.Plus(One), t.Minus(One), x.Times(2)));
        return t;
    }

    public static AffineForm Square(AffineForm x, ProgramBuilder builder) => AffineForm.Stack([.. x.Split().Select(entry => SumSquares(entry, builder))]);

    // t² ≤ x.
    public static AffineForm SquareRoot(AffineForm x, ProgramBuilder builder)
    {
        AffineForm t = builder.CreateVariable(x.Size);
        foreach ((AffineForm root, AffineForm entry) in t.Split().Zip(x.Split()))
        {
            builder.Constrain(ConeKind.SecondOrder, AffineForm.Stack(entry.Plus(One), entry.Minus(One), root.Times(2)));
        }

        return t;
    }

    // n² + 2M |x − n|, least over n.
    public static AffineForm Huber(AffineForm x, double width, ProgramBuilder builder)
    {
        AffineForm inner = builder.CreateVariable(x.Size);
        return Square(inner, builder).Plus(Absolute(x.Minus(inner), builder).Times(2 * width));
    }

    /// <summary>Σ weightᵢ xᵢ² in the objective.</summary>
    public static AffineForm SquareCost(AffineForm x, AffineForm weights, ProgramBuilder builder)
    {
        builder.AddSquares(x, weights);
        return AffineForm.Zero;
    }

    /// <summary>weight Σ xᵢ² in the objective.</summary>
    public static AffineForm SumSquaresCost(AffineForm x, AffineForm weight, ProgramBuilder builder) => SquareCost(x, weight.Broadcast(x.Size), builder);

    public static AffineForm HuberCost(AffineForm x, double width, AffineForm weights, ProgramBuilder builder)
    {
        // Constants may be far from zero, and what is left of them is what matters.
        AffineForm own = x.Terms.Any(term => term.Column == AffineTerm.None) ? builder.Separate(x) : x, inner = builder.CreateVariable(x.Size);
        builder.AddSquares(inner, weights);
        return weights.EntrywiseProduct(Absolute(own.Minus(inner), builder)).Sum().Times(2 * width);
    }

    public static AffineForm Exponential(AffineForm x, ProgramBuilder builder) => Exponentials(builder, x, (t, entry) => (entry, One, t));

    public static AffineForm Logarithm(AffineForm x, ProgramBuilder builder) => Exponentials(builder, x, (t, entry) => (t, One, entry));

    // t ≤ −x log x where x exp(t / x) ≤ 1.
    public static AffineForm Entropy(AffineForm x, ProgramBuilder builder) => Exponentials(builder, x, (t, entry) => (t, entry, One));

    // Σ exp(xᵢ − t) ≤ 1.
    public static AffineForm LogSumExp(AffineForm x, ProgramBuilder builder)
    {
        AffineForm t = builder.CreateVariable(1);
        AffineForm parts = Exponential(x.Minus(t.Broadcast(x.Size)), builder);
        builder.Constrain(ConeKind.Nonnegative, One.Minus(parts.Sum()));
        return t;
    }

    // log(exp(0) + exp(x)) of each entry.
    public static AffineForm Logistic(AffineForm x, ProgramBuilder builder) =>
        AffineForm.Stack([.. x.Split().Select(entry => LogSumExp(AffineForm.Stack(new AffineForm(1, []), entry), builder))]);

    // Σ log Zᵢᵢ where [X Z; Zᵀ diag Z] is positive semidefinite with Z lower triangular (Ben-Tal and Nemirovski, 2001, section 4.2).
    public static AffineForm LogDeterminant(AffineForm x, ProgramBuilder builder)
    {
        int n = (int)Math.Sqrt(x.Size), next = 0;
        AffineForm[] entries = x.Split(), z = builder.CreateVariable(n * (n + 1) / 2).Split();
        var block = new AffineForm[4 * n * n];
        Array.Fill(block, new AffineForm(1, []));
        var diagonal = new AffineForm[n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                block[(2 * n * i) + j] = entries[(n * i) + j];
            }

            for (int j = 0; j <= i; j++, next++)
            {
                block[(2 * n * i) + n + j] = block[(2 * n * (n + j)) + i] = z[next];
            }

            block[(2 * n * (n + i)) + n + i] = diagonal[i] = z[next - 1];
        }

        builder.Constrain(ConeKind.Semidefinite, SymmetricVector(AffineForm.Stack(block), 2 * n));
        return Logarithm(AffineForm.Stack(diagonal), builder).Sum();
    }

    /// <summary>The lower triangle of a matrix's symmetric part by columns, entries off the diagonal times √2.</summary>
    public static AffineForm SymmetricVector(AffineForm matrix, int order)
    {
        List<(int To, int From, double Value)> map = [];
        int next = 0;
        for (int column = 0; column < order; column++)
        {
            map.Add((next++, (column * order) + column, 1));
            for (int row = column + 1; row < order; row++, next++)
            {
                map.Add((next, (row * order) + column, Math.Sqrt(0.5)));
                map.Add((next, (column * order) + row, Math.Sqrt(0.5)));
            }
        }

        return matrix.Map(next, map);
    }

    private static AffineForm Exponentials(ProgramBuilder builder, AffineForm x, Func<AffineForm, AffineForm, (AffineForm X, AffineForm Y, AffineForm Z)> triple)
    {
        AffineForm t = builder.CreateVariable(x.Size);
        foreach ((AffineForm bound, AffineForm entry) in t.Split().Zip(x.Split()))
        {
            (AffineForm first, AffineForm second, AffineForm third) = triple(bound, entry);
            builder.Constrain(ConeKind.Exponential, AffineForm.Stack(first, second, third));
        }

        return t;
    }
}
