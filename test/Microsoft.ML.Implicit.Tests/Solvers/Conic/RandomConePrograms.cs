using Microsoft.ML.Implicit.Solvers.Conic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Conic;

/// <summary>Programs with known strictly feasible points of both the program and its dual, so that they have solutions.</summary>
internal static class RandomConePrograms
{
    public static readonly Cone[] EveryCone = [Cone.Zero(2), Cone.Nonnegative(4), Cone.Exponential(3), Cone.SecondOrder(5), Cone.Semidefinite(3), Cone.SecondOrder(1)];

    /// <summary>A batch.</summary>
    /// <param name="cones">The cones.</param>
    /// <param name="n">Variables.</param>
    /// <param name="batch">Rows.</param>
    /// <param name="rank">Rank of P; 0 for none.</param>
    /// <param name="seed">Seed.</param>
    public static ConeProblem Create(IReadOnlyList<Cone> cones, int n, int batch, int rank, int seed)
    {
        int m = cones.Sum(cone => cone.Dimension);
        using Generator generator = new((ulong)seed);
        Tensor a = randn(batch, m, n, dtype: ScalarType.Float64, generator: generator), x = randn(batch, n, dtype: ScalarType.Float64, generator: generator);
        Tensor s = Interior(cones, batch, seed + 1, isDual: false), y = Interior(cones, batch, seed + 2, isDual: true);
        Tensor root = randn(batch, n, Math.Max(rank, 1), dtype: ScalarType.Float64, generator: generator) / Math.Sqrt(n);
        Tensor p = root.bmm(root.transpose(1, 2)) * (rank > 0 ? 1 : 0);
        Tensor q = -(p.bmm(x.unsqueeze(2)) + a.transpose(1, 2).bmm(y.unsqueeze(2))).squeeze(2);
        Tensor b = a.bmm(x.unsqueeze(2)).squeeze(2) + s;
        return new ConeProblem(rank > 0 ? p : null, q, a, b, cones);
    }

    private static Tensor Interior(IReadOnlyList<Cone> cones, int batch, int seed, bool isDual)
    {
        var random = new Random(seed);
        double[][] rows = [.. Enumerable.Range(0, batch).Select(_ => cones.SelectMany(cone => Interior(cone, random, isDual)).ToArray())];
        return tensor(rows.SelectMany(row => row).ToArray(), [batch, cones.Sum(cone => cone.Dimension)], ScalarType.Float64);
    }

    private static IEnumerable<double> Interior(Cone cone, Random random, bool isDual)
    {
        double[] v = [.. Enumerable.Range(0, cone.Dimension).Select(_ => (2 * random.NextDouble()) - 1)];
        switch (cone.Kind)
        {
            case ConeKind.Zero:
                return isDual ? v : new double[v.Length];
            case ConeKind.Nonnegative:
                return v.Select(x => x + 1.1);
            case ConeKind.SecondOrder:
                v[0] = Math.Sqrt(v.Skip(1).Sum(x => x * x)) + 0.5;
                return v;
            case ConeKind.Semidefinite:
                for (int column = 0, next = 0; column < cone.Size; next += cone.Size - column, column++)
                {
                    v[next] += 1.1 * cone.Size;
                }

                return v;
            default:
                for (int i = 0; i < cone.Size; i++)
                {
                    (double first, double second) = (isDual ? -0.5 - random.NextDouble() : v[3 * i], isDual ? v[3 * i] : 0.5 + random.NextDouble());
                    double third = isDual ? -first * Math.Exp((second / first) - 1) : second * Math.Exp(first / second);
                    (v[3 * i], v[(3 * i) + 1], v[(3 * i) + 2]) = (first, second, third + 0.2);
                }

                return v;
        }
    }
}
