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
    // From far away the full step may overshoot by many orders of magnitude.
    private const int Halvings = 50;
    private const double SufficientDecrease = 1e-4;

    private readonly NewtonSettings _settings;
    private readonly ILinearSolver _solver;
    private readonly IDifferentiableFunction _function;
    private readonly IReadOnlyList<Tensor> _inputs;
    private readonly Tensor _z;
    private readonly double _tolerance;
    private readonly double[] _limits;
    private readonly bool[] _isSettled;
    private readonly SolveStatus?[] _ends;
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
        _tolerance = settings.Tolerance(initial.dtype);
        _limits = [.. _residuals.Select(residual => _tolerance * residual)];
        (_isSettled, _ends) = (new bool[_residuals.Length], new SolveStatus?[_residuals.Length]);
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

        SolveStatus[] statuses = [.. _residuals.Select((residual, row) => HasConverged(row)
            ? SolveStatus.Converged
            : _ends[row] ?? (double.IsFinite(residual) ? SolveStatus.MaximumIterations : SolveStatus.Diverged))];
        return new RootResult(_z.MoveToOuterDisposeScope(), statuses, _residuals, iterations);
    }

    public void Dispose() => _factorization?.Dispose();

    private bool IsOpen(int row) => double.IsFinite(_residuals[row]) && _ends[row] is null && !HasConverged(row);

    // A residual that is small beside that of a start from afar is not small by itself: only a short step says how near the root is.
    private bool HasConverged(int row) =>
        _residuals[row] <= _settings.AbsoluteTolerance || _residuals[row] == 0 || (_residuals[row] <= _limits[row] && _isSettled[row]);

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
        LinearSolution solved = _factorization!.Solve(value.neg(), cancellationToken);
        double[] before = _residuals;
        Search(solved.Solution.view(_z.shape), row => linearization is null ? null : solved.Statuses[row] == SolveStatus.Diverged ? SolveStatus.Singular : SolveStatus.StepUnderflow);
        bool slows = before.Where((residual, row) => IsOpen(row) && (_residuals[row] > 0.5 * residual || _residuals[row] <= _limits[row])).Any();
        if (slows && !isFresh)
        {
            _factorization.Dispose();
            _factorization = null;
        }
    }

    /// <summary>Moves each open row along its direction, by half as much as often as the residual does not fall enough.</summary>
    /// <param name="direction">Newton's steps.</param>
    /// <param name="endOf">How a row ends that no fraction of its step improves; null for one that may go on with another Jacobian.</param>
    private void Search(Tensor direction, Func<int, SolveStatus?> endOf)
    {
        double[] lengths = RowNorms.Of(direction);
        double[] sizes = [.. _residuals.Select((_, row) => IsOpen(row) && double.IsFinite(lengths[row]) ? 1.0 : 0.0)];
        bool[] isOpen = [.. _residuals.Select((_, row) => IsOpen(row))];
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
        _z.copy_(where(moves, candidate, _z));
        double[] states = RowNorms.Of(_z);
        double rounding = 4 * MachineEpsilon.Of(_z.dtype);
        double[] residuals = [.. _residuals];
        for (int row = 0; row < sizes.Length; row++)
        {
            if (!isOpen[row])
            {
                continue;
            }

            bool isHidden = lengths[row] <= rounding * states[row];
            _ends[row] = isHidden ? SolveStatus.Converged : sizes[row] > 0 ? null : endOf(row);
            residuals[row] = sizes[row] > 0 ? next[row] : residuals[row];

            // Near a root at zero, beside which no step is short, rounding ends the search.
            _isSettled[row] = _ends[row] is not null || (sizes[row] > 0 && sizes[row] * lengths[row] <= Math.Sqrt(_tolerance) * states[row]);
        }

        _residuals = residuals;
    }
}
