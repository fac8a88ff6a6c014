using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

/// <summary>Feasible random quadratic programs in float64.</summary>
internal static class RandomPrograms
{
    /// <summary>Data of a batch in the order of the problem's arguments: every row has a point strictly inside its inequalities and bounds.</summary>
    public static Tensor?[] Arguments(int seed, int batch, int n, int m, int k, bool bounds, bool sharedMatrices = false)
    {
        using var generator = new Generator((ulong)seed);
        long[] lead = sharedMatrices ? [] : [batch];
        Tensor factor = Normal([.. lead, n, n]);
        Tensor q = (factor.matmul(factor.transpose(-1, -2)) / n) + (0.1 * eye(n, dtype: ScalarType.Float64));
        Tensor p = Normal(batch, n), inside = Normal(batch, n);
        Tensor? g = m > 0 ? Normal([.. lead, m, n]) : null, a = k > 0 ? Normal([.. lead, k, n]) : null;
        Tensor? h = g is null ? null : g.matmul(inside.unsqueeze(2)).squeeze(2) + Slack(batch, m);
        Tensor? b = a?.matmul(inside.unsqueeze(2)).squeeze(2);
        return [q, p, g, h, a, b, bounds ? inside - Slack(batch, n) : null, bounds ? inside + Slack(batch, n) : null];

        Tensor Normal(params long[] shape) => randn(shape, ScalarType.Float64, generator: generator);
        Tensor Slack(params long[] shape) => (0.3 * Normal(shape).abs()) + 0.02;
    }

    /// <summary>
    /// Data of one row, in which two of three entries are zero: linear, of low rank with bounds, or definite without bounds, in turn.
    /// </summary>
    public static Tensor?[] Sparse(int seed)
    {
        var random = new Random(seed);
        int kind = seed % 3, n = random.Next(2, 12), m = random.Next(1, 15), k = random.Next(0, Math.Min(4, n));
        using var generator = new Generator((ulong)seed);
        Tensor inside = Normal(1, n);
        Tensor factor = Entries(kind == 2 ? n : random.Next(1, n + 1), n);
        Tensor? q = kind == 0 ? null : factor.t().mm(factor) / n;
        q = kind == 2 ? q! + (0.1 * eye(n, dtype: ScalarType.Float64)) : q;
        Tensor g = Entries(m, n);
        Tensor? a = k > 0 ? Entries(k, n) : null;
        return
        [
            q,
            Normal(1, n),
            g,
            inside.mm(g.t()) + (0.3 * Normal(1, m).abs()) + 0.02,
            a,
            a is null ? null : inside.mm(a.t()),
            kind == 2 ? null : inside - Normal(1, n).abs() - 0.05,
            kind == 2 ? null : inside + Normal(1, n).abs() + 0.05,
        ];

        Tensor Normal(params long[] shape) => randn(shape, ScalarType.Float64, generator: generator);
        Tensor Entries(params long[] shape) => Normal(shape) * rand(shape, ScalarType.Float64, generator: generator).lt(0.35);
    }

    public static QuadraticProblem Problem(params Tensor?[] x) => new(x[0], x[1]!, x[2], x[3], x[4], x[5], x[6], x[7]);

    /// <summary>Largest violation of any optimality condition in any row, in absolute terms.</summary>
    public static double KktResidual(QuadraticProblem x, QuadraticSolution solution)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor z = solution.Z, stationarity = x.P + zeros_like(z);
        Tensor residual = tensor(0.0, dtype: ScalarType.Float64);
        if (x.Q is not null)
        {
            stationarity = stationarity + Times((x.Q + x.Q.transpose(-1, -2)) / 2, z);
        }

        if (x.A is not null)
        {
            stationarity = stationarity + Times(x.A.transpose(-1, -2), solution.Nu);
            residual = maximum(residual, (Times(x.A, z) - x.B!).abs().max());
        }

        if (x.G is not null)
        {
            stationarity = stationarity + Times(x.G.transpose(-1, -2), solution.Lambda);
            residual = maximum(residual, Inequality(x.H! - Times(x.G, z), solution.Lambda));
        }

        if (x.Lower is not null)
        {
            stationarity = stationarity - solution.LowerMultipliers!;
            residual = maximum(residual, Inequality(z - x.Lower, solution.LowerMultipliers!));
        }

        if (x.Upper is not null)
        {
            stationarity = stationarity + solution.UpperMultipliers!;
            residual = maximum(residual, Inequality(x.Upper - z, solution.UpperMultipliers!));
        }

        return maximum(residual, stationarity.abs().max()).item<double>();
    }

    private static Tensor Times(Tensor matrix, Tensor vectors) => matrix.matmul(vectors.unsqueeze(2)).squeeze(2);

    private static Tensor Inequality(Tensor slack, Tensor multiplier)
    {
        Tensor product = (slack * multiplier).abs().nan_to_num(0, 0, 0);
        return maximum(maximum((-slack).max(), (-multiplier).max()), product.max());
    }
}
