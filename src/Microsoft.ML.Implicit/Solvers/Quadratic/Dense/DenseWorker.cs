using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>Workspace of one thread that solves rows.</summary>
internal sealed unsafe class DenseWorker
{
    private readonly bool _loadsMatrices;
    private readonly DenseMatrices _matrices;
    private readonly DenseRow _row;
    private readonly DenseInteriorPoint _method;

    public DenseWorker(ConstraintLayout layout, InteriorPointOptions options, DenseMatrices? shared, ThreadTeam team)
    {
        _loadsMatrices = shared is null;
        _matrices = shared ?? new DenseMatrices(layout, team);
        _row = new DenseRow(layout);
        _method = new DenseInteriorPoint(layout, options, team);
    }

    public void Solve(DenseData data, int index, KktFactor? startFactor, bool warm, DenseResults results, CancellationToken cancellation)
    {
        if (_loadsMatrices)
        {
            data.LoadMatrices(_matrices, index);
        }

        if (!_matrices.IsFinite || !data.LoadRow(_row, _matrices, index, fixesVariables: true))
        {
            results.Fail(index, SolveStatus.InvalidInput);
            return;
        }

        if (!_matrices.IsConvex)
        {
            results.Fail(index, SolveStatus.NonConvex);
            return;
        }

        warm = warm && results.LoadInto(index, _row, _method.Best);
        DenseOutcome outcome = _method.Solve(_row, startFactor?.Fits(_row) == true ? startFactor : null, warm, cancellation);
        results.Store(index, _row, _method.Best, _method.FixedGradient, outcome);
    }
}
