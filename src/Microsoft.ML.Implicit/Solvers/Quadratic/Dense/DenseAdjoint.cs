using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>Solves the transposed optimality systems of a batch's rows in parallel on the CPU.</summary>
/// <param name="layout">Layout of the constraints.</param>
/// <param name="results">Solutions of the rows.</param>
/// <param name="shared">The matrices, where all rows share them.</param>
/// <param name="maximumParallelism">Most threads, or 0.</param>
internal sealed class DenseAdjoint(ConstraintLayout layout, DenseResults results, DenseMatrices? shared, int maximumParallelism) : IQuadraticAdjoint
{
    /// <inheritdoc/>
    public IReadOnlyList<Tensor> State => [];

    /// <inheritdoc/>
    public IQuadraticAdjoint WithoutState() => this;

    /// <inheritdoc/>
    public QuadraticAdjointResult Solve(QuadraticProblem problem, IReadOnlyList<Tensor> state, QuadraticOutputGradients gradients)
    {
        var data = new DenseData(problem);
        var rows = new DenseGradients(problem.BatchSize, layout, Read(gradients.Z), Read(gradients.Nu), Read(gradients.Lambda), Read(gradients.Lower), Read(gradients.Upper));
        Rows.ForEach(
            problem.BatchSize,
            maximumParallelism,
            team => new DenseAdjointWorker(layout, shared, team),
            (worker, row) => worker.Solve(data, row, results, rows),
            CancellationToken.None);
        var result = new QuadraticAdjointResult(
            ToTensor(rows.Dz, layout.ActualVariables),
            ToTensor(rows.General, layout.Inequalities),
            ToTensor(rows.Dnu, layout.Equalities),
            layout.HasLower ? ToTensor(rows.Lower, layout.ActualVariables) : null,
            layout.HasUpper ? ToTensor(rows.Upper, layout.ActualVariables) : null,
            ToTensor(results.Z, layout.ActualVariables),
            ToTensor(results.General.Multipliers, layout.Inequalities),
            ToTensor(results.Nu, layout.Equalities));
        return result.WithoutUnused([.. Enumerable.Range(0, problem.BatchSize).Select(row => results.Status(row) == SolveStatus.Converged)], gradients);

        Tensor ToTensor(double[] values, int columns) => NativeTensor.Of(values, [problem.BatchSize, columns], problem.P.device);
    }

    private static double[]? Read(Tensor? gradient) => gradient is null || gradient.numel() == 0 ? null : gradient.detach().to(ScalarType.Float64).cpu().contiguous().data<double>().ToArray();
}
