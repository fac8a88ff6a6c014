using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>
/// Restarted generalised minimal residuals for any operator that is not singular, each row with its own Krylov space (Saad and
/// Schultz 1986, "GMRES: a generalized minimal residual algorithm for solving nonsymmetric linear systems").
/// </summary>
/// <remarks>Bases are orthogonalised twice on the device; the small least-squares problems are solved on the host in double precision.</remarks>
/// <param name="settings">Tolerance and limits; null for the defaults.</param>
/// <example><code>
/// using IFactorization gmres = new GmresSolver().Prepare(a);
/// </code></example>
public sealed class GmresSolver(KrylovSettings? settings = null) : KrylovSolver(settings)
{
    private protected override LinearSolution Solve(RowOperator linearOperator, Tensor rightSide, CancellationToken cancellationToken)
    {
        double[] limits = [.. RowNorms.Of(rightSide).Select(norm => norm * Settings.Tolerance(rightSide.dtype))];
        Tensor x = zeros_like(rightSide);
        Tensor residual = rightSide.clone();
        double[] norms = RowNorms.Of(residual);
        int iterations = 0;
        bool progresses = true;
        while (progresses && iterations < Settings.MaximumIterations && RowNorms.AnyAbove(norms, limits))
        {
            using DisposeScope cycle = NewDisposeScope();
            iterations += Cycle(linearOperator, x, residual, norms, limits, Settings.MaximumIterations - iterations, cancellationToken);
            residual.copy_(rightSide - linearOperator.Apply(x));
            double[] before = norms;
            norms = RowNorms.Of(residual);

            // Rounding keeps a residual from falling further: another cycle would repeat this one.
            progresses = norms.Zip(before).Any(row => row.First < 0.9 * row.Second);
        }

        return new LinearSolution(x, Statuses(norms, limits), iterations);
    }

    /// <summary>Minimises the residual over one Krylov space from <paramref name="x"/> on, which is changed.</summary>
    /// <returns>Products with the operator.</returns>
    private int Cycle(RowOperator linearOperator, Tensor x, Tensor residual, double[] norms, double[] limits, int budget, CancellationToken cancellationToken)
    {
        int rows = norms.Length;
        int size = (int)Math.Min(Math.Min(Settings.Restart, budget), linearOperator.Width);
        HessenbergLeastSquares[] problems = [.. norms.Select(norm => new HessenbergLeastSquares(size, norm))];
        Tensor basis = zeros([size + 1, rows, linearOperator.Width], residual.dtype, residual.device);
        basis[0].copy_(Normalized(residual));
        int count = 0;
        while (count < size && problems.Where((problem, row) => problem.Residual > limits[row]).Any())
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope step = NewDisposeScope();
            Tensor vector = linearOperator.Apply(basis[count]);
            Tensor known = basis.narrow(0, 0, count + 1).transpose(0, 1);
            Tensor coefficients = Orthogonalize(known, ref vector).Plus(Orthogonalize(known, ref vector));
            basis[count + 1].copy_(Normalized(vector));
            double[] column = [.. cat([coefficients, vector.norm(1, true, 2f)], 1).cpu().to(ScalarType.Float64).data<double>()];
            count++;
            for (int row = 0; row < rows; row++)
            {
                problems[row].Append(column.AsSpan(row * (count + 1), count + 1));
            }
        }

        using Tensor weights = tensor([.. problems.SelectMany(problem => problem.Solve(count))], [rows, 1, count], ScalarType.Float64).to(x.dtype, x.device);
        x.PlusInPlace(weights.bmm(basis.narrow(0, 0, count).transpose(0, 1)).squeeze(1));
        return count;
    }

    private static Tensor Orthogonalize(Tensor basis, ref Tensor vector)
    {
        Tensor coefficients = basis.bmm(vector.unsqueeze(2));
        vector = vector - coefficients.transpose(1, 2).bmm(basis).squeeze(1);
        return coefficients.squeeze(2);
    }

    // A vector of length zero ends its row's Krylov space.
    private static Tensor Normalized(Tensor vector)
    {
        Tensor norm = vector.norm(1, true, 2f);
        return vector / norm.masked_fill(norm.eq(0.Held()), 1.Held());
    }
}
