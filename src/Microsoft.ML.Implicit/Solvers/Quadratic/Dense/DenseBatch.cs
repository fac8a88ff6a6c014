using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>A batch whose rows are solved in parallel on the CPU, each by itself.</summary>
internal sealed class DenseBatch
{
    private readonly QuadraticProblem _problem;
    private readonly InteriorPointOptions _options;
    private readonly ConstraintLayout _layout;
    private DenseMatrices? _shared;

    private DenseBatch(QuadraticProblem problem, InteriorPointOptions options)
    {
        _problem = problem;
        _options = options;
        _layout = new ConstraintLayout(problem.Variables, problem.Inequalities, problem.Equalities, problem.Lower is not null, problem.Upper is not null);
        Results = new DenseResults(_layout, problem.BatchSize);
    }

    public DenseResults Results { get; }

    public static DenseBatch Run(QuadraticProblem problem, InteriorPointOptions options, QuadraticStart? warmStart, CancellationToken cancellation)
    {
        var batch = new DenseBatch(problem, options);
        batch.Run(warmStart, cancellation);
        return batch;
    }

    public QuadraticSolution ToSolution() =>
        Results.ToSolution(_problem, Diagnose, new DenseAdjoint(_layout, Results, _shared, _options.MaximumParallelism));

    public QuadraticDiagnosis Diagnose(int row) => DenseDiagnosis.Diagnose(_problem, _layout, _options, Results, row);

    private static unsafe KktFactor? StartFactor(ConstraintLayout layout, DenseData data, DenseMatrices matrices, ThreadTeam team)
    {
        var row = new DenseRow(layout);
        data.LoadRow(row, matrices, 0, fixesVariables: true);
        if (!row.IsOrdinary)
        {
            return null;
        }

        var factor = new KktFactor(layout, team);
        factor.Factor(row, row.Active, StartingPoint.Regularisation);
        return factor;
    }

    private void Run(QuadraticStart? warmStart, CancellationToken cancellation)
    {
        using DisposeScope scope = NewDisposeScope();
        var data = new DenseData(_problem);
        KktFactor? startFactor = null;
        if (_problem.SharesMatrices)
        {
            ThreadTeam team = Rows.TeamOf(1, _options.MaximumParallelism);
            _shared = new DenseMatrices(_layout, team);
            data.LoadMatrices(_shared, 0);
            if (_problem.BatchSize > 1 && warmStart is null && _shared.IsFinite && _shared.IsConvex && (data.SharesPattern || data.HasFinitePattern()))
            {
                startFactor = StartFactor(_layout, data, _shared, team);
            }
        }

        if (warmStart is not null)
        {
            Results.ReadFrom(warmStart);
        }

        Rows.ForEach(
            _problem.BatchSize,
            _options.MaximumParallelism,
            team => new DenseWorker(_layout, _options, _shared, team),
            (worker, row) => worker.Solve(data, row, startFactor, warmStart is not null, Results, cancellation),
            cancellation);
    }
}
