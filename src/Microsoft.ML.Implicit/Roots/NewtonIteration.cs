using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Roots;

/// <summary>One solve by Newton's method in progress. Rows that are done stay in the batch with steps of length zero.</summary>
internal sealed class NewtonIteration : IDisposable
{
    private const int Halvings = 12;
    private const double SufficientDecrease = 1e-4;

    private readonly NewtonSettings _settings;
    private readonly ILinearSolver _solver;
    private readonly IDifferentiableFunction _function;
    private readonly IReadOnlyList<Tensor> _inputs;
    private readonly Tensor _z;
    private readonly double[] _limits;
    private readonly bool[] _isStuck;
    private double[] _residuals;
    private IFactorization? _factorization;

    public NewtonIteration(NewtonSettings settings, ILinearSolver solver, IDifferentiableFunction function, IReadOnlyList<Tensor> inputs, Tensor initial)
    {
        _settings = settings;
        _solver = solver;
        _function = function;
        _inputs = inputs;
        _z = initial.detach().clone();
        _residuals = RowNorms.Of(function.EvaluateChecked(_z, inputs));
        _limits = [.. _residuals.Select(residual => settings.AbsoluteTolerance + (settings.Tolerance(initial.dtype) * residual))];
        _isStuck = new bool[_residuals.Length];
    }

    public RootResult Run(CancellationToken cancellationToken)
    {
        int iterations = 0;
        while (iterations < _settings.MaximumIterations && Enumerable.Range(0, _residuals.Length).Any(IsOpen))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope step = NewDisposeScope();
            iterations++;
            Step(cancellationToken);
        }

        SolveStatus[] statuses = [.. _residuals.Select((residual, row) => residual <= _limits[row] || _isStuck[row]
            ? SolveStatus.Converged
            : double.IsFinite(residual) ? SolveStatus.MaximumIterations : SolveStatus.Diverged)];
        return new RootResult(_z.MoveToOuterDisposeScope(), statuses, _residuals, iterations);
    }

    public void Dispose() => _factorization?.Dispose();

    private bool IsOpen(int row) => _residuals[row] > _limits[row] && double.IsFinite(_residuals[row]) && !_isStuck[row];

    private void Step(CancellationToken cancellationToken)
    {
        long rows = _z.shape[0];
        bool isFresh = _factorization is null;
        Linearization? linearization = isFresh || !_settings.KeepsJacobian ? _function.Linearize(_z, _inputs) : null;
        if (linearization is not null)
        {
            _factorization?.Dispose();
            _factorization = _solver.Prepare(linearization);
        }

        Tensor value = linearization?.Value ?? _function.EvaluateChecked(_z, _inputs).reshape(rows, -1);
        Tensor direction = _factorization!.Solve(value.neg(), cancellationToken).Solution.view(_z.shape);
        double[] before = _residuals;
        Search(direction);
        bool slows = before.Where((residual, row) => IsOpen(row) && _residuals[row] > 0.5 * residual).Any();
        if (slows && !isFresh)
        {
            _factorization.Dispose();
            _factorization = null;
        }
    }

    /// <summary>Moves each open row along its direction, by half as much as often as the residual does not fall enough.</summary>
    private void Search(Tensor direction)
    {
        double[] sizes = [.. _residuals.Select((_, row) => IsOpen(row) ? 1.0 : 0.0)];
        double[] next = _residuals;
        Tensor candidate = _z;
        for (int halving = 0; halving <= Halvings; halving++)
        {
            Tensor size = tensor(sizes, [sizes.Length, .. Enumerable.Repeat(1L, (int)_z.dim() - 1)]).to(_z.dtype, _z.device);
            candidate = where(size.gt(0.Held()), _z.Plus(direction * size), _z);
            next = RowNorms.Of(_function.EvaluateChecked(candidate, _inputs));
            bool halves = false;
            for (int row = 0; row < sizes.Length; row++)
            {
                if (sizes[row] > 0 && !(next[row] <= (1 - (SufficientDecrease * sizes[row])) * _residuals[row]))
                {
                    sizes[row] = halving == Halvings ? 0 : sizes[row] / 2;
                    halves = true;
                }
            }

            if (!halves)
            {
                break;
            }
        }

        // A row that no fraction of the step improves keeps its iterate.
        Tensor moves = tensor([.. sizes.Select(s => s > 0)], [sizes.Length, .. Enumerable.Repeat(1L, (int)_z.dim() - 1)]).to(_z.device);
        double[] lengths = RowNorms.Of(direction);
        double[] states = RowNorms.Of(_z);
        double rounding = 4 * MachineEpsilon.Of(_z.dtype);
        double[] residuals = [.. _residuals];
        for (int row = 0; row < sizes.Length; row++)
        {
            _isStuck[row] |= IsOpen(row) && lengths[row] <= rounding * states[row];
            residuals[row] = sizes[row] > 0 ? next[row] : residuals[row];
        }

        _z.copy_(where(moves, candidate, _z));
        _residuals = residuals;
    }
}
