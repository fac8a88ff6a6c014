using MathNet.Numerics.LinearAlgebra;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

/// <summary>Compares with a reference that tries every active set and shares no code with the solver.</summary>
[TestClass]
public class EnumerationReferenceTests
{
    [TestMethod]
    public void Solutions_and_multipliers_equal_those_of_the_one_active_set_that_is_optimal()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            using DisposeScope scope = NewDisposeScope();
            int n = 2 + (seed % 5), m = 1 + (seed % 7), k = seed % 2;
            Tensor?[] x = RandomPrograms.Arguments(seed, batch: 1, n, m, k, bounds: false);
            (Vector<double> z, Vector<double> lambda) = Reference(
                Dense(x[0]!), Row(x[1]!), Dense(x[2]!), Row(x[3]!), k > 0 ? Dense(x[4]!) : null, k > 0 ? Row(x[5]!).ToArray() : []);

            QuadraticSolution solution = new InteriorPointSolver().Solve(RandomPrograms.Problem(x));

            Assert.IsLessThanOrEqualTo(1e-6, (Row(solution.Z) - z).InfinityNorm(), $"z, seed {seed}");
            Assert.IsLessThanOrEqualTo(1e-6, (Row(solution.Lambda) - lambda).InfinityNorm(), $"λ, seed {seed}");
        }
    }

    private static (Vector<double> Z, Vector<double> Lambda) Reference(Matrix<double> q, Vector<double> p, Matrix<double> g, Vector<double> h, Matrix<double>? a, double[] b)
    {
        int n = p.Count, m = h.Count, k = b.Length;
        for (int set = 0; set < 1 << m; set++)
        {
            int[] active = [.. Enumerable.Range(0, m).Where(i => (set & (1 << i)) != 0)];
            int rows = k + active.Length;
            if (rows > n)
            {
                continue;
            }

            Matrix<double> kkt = Matrix<double>.Build.Dense(n + rows, n + rows);
            Vector<double> right = Vector<double>.Build.Dense(n + rows);
            kkt.SetSubMatrix(0, 0, q);
            right.SetSubVector(0, n, -p);
            for (int i = 0; i < rows; i++)
            {
                Vector<double> row = i < k ? a!.Row(i) : g.Row(active[i - k]);
                kkt.SetSubMatrix(n + i, 0, row.ToRowMatrix());
                kkt.SetSubMatrix(0, n + i, row.ToColumnMatrix());
                right[n + i] = i < k ? b[i] : h[active[i - k]];
            }

            Vector<double> solution = kkt.Solve(right);
            Vector<double> z = solution.SubVector(0, n);
            if (active.Select((_, i) => solution[n + k + i]).All(l => l >= 0) && ((g * z) - h).Maximum() <= 1e-9)
            {
                Vector<double> lambda = Vector<double>.Build.Dense(m);
                for (int i = 0; i < active.Length; i++)
                {
                    lambda[active[i]] = solution[n + k + i];
                }

                return (z, lambda);
            }
        }

        throw new InvalidOperationException("No active set is optimal.");
    }

    private static Matrix<double> Dense(Tensor matrix)
    {
        int rows = (int)matrix.shape[1], columns = (int)matrix.shape[2];
        return Matrix<double>.Build.Dense(rows, columns, (i, j) => matrix[0, i, j].item<double>());
    }

    private static Vector<double> Row(Tensor vector) => Vector<double>.Build.Dense(vector[0].data<double>().ToArray());
}
