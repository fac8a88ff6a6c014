using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>Solves the transposed optimality systems of a batch's rows in parallel on the CPU.</summary>
internal sealed class DenseAdjoint(QuadraticProblem problem, ConstraintLayout layout, DenseResults results, int maximumParallelism) : IQuadraticAdjoint
{
    /// <inheritdoc/>
    public QuadraticAdjointResult Solve(Tensor? gradZ, Tensor? gradLambda, Tensor? gradNu, Tensor? gradLower, Tensor? gradUpper)
    {
        var data = new DenseData(problem);
        var gradients = new DenseGradients(problem.BatchSize, layout, Read(gradZ), Read(gradNu), Read(gradLambda), Read(gradLower), Read(gradUpper));
        DenseMatrices? shared = null;
        if (problem.SharesMatrices)
        {
            shared = new DenseMatrices(problem.Variables, problem.Inequalities, problem.Equalities);
            data.LoadMatrices(shared, 0);
        }

        Rows.ForEach(
            problem.BatchSize,
            maximumParallelism,
            () => new DenseAdjointWorker(layout, shared),
            (worker, row) => worker.Solve(data, row, results, gradients),
            CancellationToken.None);
        return new QuadraticAdjointResult(
            ToTensor(gradients.Dz, layout.ActualVariables),
            ToTensor(gradients.General, layout.Inequalities),
            ToTensor(gradients.Dnu, layout.Equalities),
            layout.HasLower ? ToTensor(gradients.Lower, layout.ActualVariables) : null,
            layout.HasUpper ? ToTensor(gradients.Upper, layout.ActualVariables) : null,
            ToTensor(results.Z, layout.ActualVariables),
            ToTensor(results.General.Multipliers, layout.Inequalities),
            ToTensor(results.Nu, layout.Equalities));
    }

    private static double[]? Read(Tensor? gradient) => gradient?.detach().to(ScalarType.Float64).cpu().contiguous().data<double>().ToArray();

    private Tensor ToTensor(double[] values, int columns) =>
        tensor(values, [problem.BatchSize, columns], ScalarType.Float64, problem.P.device);
}
