using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>Solves the rows of a batch in parallel on the CPU, each by itself.</summary>
internal static class DenseBatch
{
    public static QuadraticSolution Solve(QuadraticProblem problem, InteriorPointOptions options, QuadraticSolution? warmStart, CancellationToken cancellation)
    {
        using DisposeScope scope = NewDisposeScope();
        var layout = new ConstraintLayout(problem.Variables, problem.Inequalities, problem.Equalities, problem.Lower is not null, problem.Upper is not null);
        var data = new DenseData(problem);
        var results = new DenseResults(layout, problem.BatchSize);
        DenseMatrices? shared = null;
        KktFactor? startFactor = null;
        if (problem.SharesMatrices)
        {
            shared = new DenseMatrices(problem.Variables, problem.Inequalities, problem.Equalities);
            data.LoadMatrices(shared, 0);
            if (problem.BatchSize > 1 && warmStart is null && shared.IsFinite && shared.IsConvex && (data.SharesPattern || data.HasFinitePattern()))
            {
                startFactor = StartFactor(layout, data, shared);
            }
        }

        if (warmStart is not null)
        {
            results.ReadFrom(warmStart);
        }

        Rows.ForEach(
            problem.BatchSize,
            options.MaximumParallelism,
            () => new DenseWorker(layout, options, shared),
            (worker, row) => worker.Solve(data, row, startFactor, warmStart is not null, results, cancellation),
            cancellation);
        var adjoint = new DenseAdjoint(layout, results, options.MaximumParallelism);
        QuadraticSolution solution = results.ToSolution(problem, row => DenseDiagnosis.Diagnose(problem, layout, options, results, row), adjoint);
        scope.MoveToOuter(solution.Tensors);
        return solution;
    }

    private static unsafe KktFactor? StartFactor(ConstraintLayout layout, DenseData data, DenseMatrices matrices)
    {
        var row = new DenseRow(layout);
        data.LoadRow(row, matrices, 0);
        var factor = new KktFactor(layout);
        factor.Factor(matrices, row.Active, DenseInteriorPoint.StartRegularisation);
        return factor;
    }
}
