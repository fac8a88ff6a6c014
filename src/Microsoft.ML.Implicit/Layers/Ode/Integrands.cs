using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>What is integrated beside the state of dynamics f: each integrand is one more column of the augmented state.</summary>
internal sealed class Integrands
{
    private readonly Integrand[] _columns;

    /// <param name="columns">What each column integrates; the divergence at most once.</param>
    public Integrands(params Integrand[] columns)
    {
        _columns = columns;
        DivergenceColumn = Array.FindIndex(columns, column => column.Divergence);
        HasJacobianNorm = columns.Any(column => column.JacobianNorm > 0);
        HasSecondDerivative = columns.Any(column => column.SecondDerivative > 0);
    }

    /// <summary>Nothing: the state stands alone.</summary>
    public static Integrands None { get; } = new();

    /// <summary>The divergence alone.</summary>
    public static Integrands Divergence { get; } = new(new Integrand(Divergence: true));

    public IReadOnlyList<Integrand> Columns => _columns;

    /// <summary>Number of columns.</summary>
    public int Count => _columns.Length;

    public bool HasDivergence => DivergenceColumn >= 0;

    public bool HasJacobianNorm { get; }

    public bool HasSecondDerivative { get; }

    /// <summary>Index of the column that the divergence is part of, or -1.</summary>
    public int DivergenceColumn { get; }

    /// <summary>One column for each penalty, in the order of the enumeration, each a mean over coordinates.</summary>
    /// <param name="penalties">The penalties.</param>
    /// <param name="dimension">Number of coordinates.</param>
    public static Integrands Means(DynamicsPenalties penalties, long dimension)
    {
        double share = 1.0 / dimension;
        (DynamicsPenalties Penalty, Integrand Column)[] all =
        [
            (DynamicsPenalties.KineticEnergy, new Integrand(KineticEnergy: share)),
            (DynamicsPenalties.JacobianNorm, new Integrand(JacobianNorm: share)),
            (DynamicsPenalties.SecondDerivative, new Integrand(SecondDerivative: share)),
            (DynamicsPenalties.ThirdDerivative, new Integrand(ThirdDerivative: share)),
        ];
        return new Integrands([.. all.Where(entry => penalties.HasFlag(entry.Penalty)).Select(entry => entry.Column)]);
    }

    /// <summary>Adds columns of zeros, as integrals start.</summary>
    /// <param name="state"><c>[batch, dimension]</c>.</param>
    /// <returns><c>[batch, dimension + columns]</c>.</returns>
    public Tensor Extend(Tensor state)
    {
        using Tensor columns = zeros(state.shape[0], Count, state.dtype, state.device);
        return cat([state, columns], 1);
    }

    /// <summary>Adds the columns' values to f.</summary>
    /// <param name="slope">f, <c>[batch, dimension]</c>.</param>
    /// <param name="divergence">Divergence, <c>[batch, 1]</c>, where it is integrated.</param>
    /// <param name="products">∂f/∂z eₖ, <c>[k, batch, dimension]</c> or <c>[batch, dimension]</c>, where the Jacobian's norm is integrated.</param>
    /// <param name="second">d²z/dt², <c>[batch, dimension]</c>, where its norm is integrated.</param>
    /// <param name="third">d³z/dt³, <c>[batch, dimension]</c>, where its norm is integrated.</param>
    /// <returns><c>[batch, dimension + columns]</c>, or f itself where there is no column.</returns>
    public Tensor Append(Tensor slope, Tensor? divergence, Tensor? products, Tensor? second = null, Tensor? third = null) =>
        Count == 0 ? slope : cat([slope, .. _columns.Select(column => Value(column, slope, divergence, products, second, third))], 1);

    /// <summary>Adds the cotangent of vectors v whose squares are integrated: 2 w c v for weight w and a column's cotangent c.</summary>
    /// <param name="weight">Reads w off a column.</param>
    /// <param name="columnCotangents">Cotangents of all columns, <c>[batch, columns]</c>.</param>
    /// <param name="vectors">v, <c>[..., batch, dimension]</c>.</param>
    /// <param name="sum">What to add to, which is kept; <see langword="null"/> for nothing.</param>
    public Tensor? AddCotangentOfSquares(Func<Integrand, double> weight, Tensor columnCotangents, Tensor vectors, Tensor? sum)
    {
        for (int i = 0; i < Count; i++)
        {
            if (weight(_columns[i]) is > 0 and var w)
            {
                Tensor cotangent = columnCotangents.narrow(1, i, 1);
                Scalar factor = (2 * w).Held();
                sum = sum?.addcmul(vectors, cotangent, factor) ?? (vectors * cotangent).mul_(factor);
            }
        }

        return sum;
    }

    /// <summary>The sum over directions, where there are several.</summary>
    /// <param name="value"><c>[k, batch, width]</c> or <c>[batch, width]</c>.</param>
    public static Tensor SumOverDirections(Tensor value) => value.dim() == 2 ? value : value.sum(dim: 0);

    private static Tensor Value(Integrand column, Tensor slope, Tensor? divergence, Tensor? products, Tensor? second, Tensor? third)
    {
        Tensor? sum = column.Divergence ? divergence : null;
        sum = AddSquares(sum, column.KineticEnergy, slope);
        sum = AddSquares(sum, column.JacobianNorm, products);
        sum = AddSquares(sum, column.SecondDerivative, second);
        return AddSquares(sum, column.ThirdDerivative, third)!;
    }

    private static Tensor? AddSquares(Tensor? sum, double weight, Tensor? vectors)
    {
        if (weight <= 0)
        {
            return sum;
        }

        Tensor squares = SumOverDirections(vectors!.Squared()).sum(1, keepdim: true);
        return sum?.add(squares, alpha: weight.Held()) ?? squares * weight.Held();
    }
}
