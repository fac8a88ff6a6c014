using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Quadratic;

/// <summary>
/// The optimality conditions of quadratic programs as equations in (z, λ, ν, lower multipliers, upper multipliers), one after the other in
/// a row: stationarity, λ ∘ (G z − h) = 0, A z − b = 0 and the like for bounds (Amos and Kolter, 2017, equation 4).
/// </summary>
/// <param name="problemOf">The problem whose arguments are the inputs.</param>
internal sealed class OptimalityConditions(Func<IReadOnlyList<Tensor>, QuadraticProblem> problemOf) : IDifferentiableFunction
{
    public Tensor Evaluate(Tensor z, IReadOnlyList<Tensor> inputs)
    {
        QuadraticProblem problem = problemOf(inputs);
        int n = problem.Variables, m = problem.Inequalities, k = problem.Equalities, next = 0;
        Tensor solution = Next(n), lambda = Next(m), nu = Next(k);
        Tensor stationarity = problem.P.expand_as(solution);
        if (problem.Q is { } q)
        {
            Tensor symmetric = q.Plus(q.transpose(-1, -2)) * 0.5.Held();
            stationarity = stationarity.Plus(Product(symmetric, solution));
        }

        List<Tensor> residuals = [];
        if (problem.G is { } g)
        {
            stationarity = stationarity.Plus(Product(g.transpose(-1, -2), lambda));
            residuals.Add(Complementarity(lambda, Product(g, solution), problem.H!));
        }

        if (problem.A is { } a)
        {
            stationarity = stationarity.Plus(Product(a.transpose(-1, -2), nu));
            residuals.Add(Product(a, solution) - problem.B!);
        }

        if (problem.Lower is { } lower)
        {
            Tensor multipliers = Next(n);
            stationarity = stationarity - multipliers;
            residuals.Add(Complementarity(multipliers, solution.neg(), lower.neg()));
        }

        if (problem.Upper is { } upper)
        {
            Tensor multipliers = Next(n);
            stationarity = stationarity.Plus(multipliers);
            residuals.Add(Complementarity(multipliers, solution, upper));
        }

        return cat([stationarity, .. residuals], 1);

        Tensor Next(int width)
        {
            Tensor part = z.narrow(1, next, width);
            next += width;
            return part;
        }
    }

    public override string ToString() => "the quadratic program";

    // A constraint that is switched off has multiplier zero.
    private static Tensor Complementarity(Tensor multipliers, Tensor left, Tensor right)
    {
        Tensor isOff = right.isinf().expand_as(multipliers);
        Tensor product = multipliers * (left - right.masked_fill(right.isinf(), 0.Held()));
        return where(isOff, multipliers, product);
    }

    private static Tensor Product(Tensor matrix, Tensor rows) =>
        matrix.dim() == 2 ? rows.mm(matrix.t()) : matrix.expand(rows.shape[0], -1, -1).bmm(rows.unsqueeze(2)).squeeze(2);
}
