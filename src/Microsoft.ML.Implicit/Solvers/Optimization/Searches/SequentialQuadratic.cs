using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>One search by sequential quadratic programming; rows that are done stay in the batch with steps of length zero.</summary>
internal sealed class SequentialQuadratic
{
    private const int DefaultIterations = 200;
    private const int MostHalvings = 60;

    // A step may raise the merit above the last one, not above the largest of as many: full steps along curved constraints do (Maratos, 1978).
    private const int Memory = 4;
    private const double SufficientDecrease = 1e-4;

    // Where gradients of constraints nearly vanish multipliers are huge, and a penalty that stayed so would let steps follow curved constraints alone.
    private const double PenaltyDecay = 0.1;


    // Of a model's solution, beside the largest unknown: one that ends at zero has no size of its own.
    private const double Rounding = 1e-14;

    // Of what pulls at an unknown.
    private const double Settled = 1e-6;

    private readonly ConstrainedProblem _problem;
    private readonly IReadOnlyList<Tensor> _inputs;
    private readonly IDifferentiableFunction _stationarity;
    private readonly InteriorPointSolver _solver = new(new InteriorPointOptions { Tolerance = 1e-12, GapTolerance = 1e-14, AcceptableTolerance = 1e-8 });
    private readonly FeasibilityRestoration _restoration;
    private readonly double _tolerance;
    private readonly int _limit;
    private readonly int _rows;
    private readonly SolveStatus?[] _statuses;
    private readonly Queue<(double Value, double Violation)>[] _last;
    private readonly double[] _penalties;
    private readonly double[] _values;
    private Tensor _y;
    private Tensor _equalityMultipliers;
    private Tensor _inequalityMultipliers;
    private Tensor _reach;

    public SequentialQuadratic(ConstrainedProblem problem, IReadOnlyList<Tensor> inputs, Tensor initial, MinimizerSettings settings)
    {
        (_problem, _inputs) = (problem, inputs);
        _stationarity = new StationarityEquation(new LagrangianObjective(problem));
        (_tolerance, _limit, _rows) = (settings.ToleranceFor(initial.dtype), settings.MaximumIterations ?? DefaultIterations, (int)initial.shape[0]);
        _restoration = new FeasibilityRestoration(problem, inputs, _rows);
        _y = initial.detach().clone();
        _reach = _y.abs();
        _equalityMultipliers = zeros_like(Constraints(problem.Equalities, _y));
        _inequalityMultipliers = zeros_like(Constraints(problem.Inequalities, _y));
        _statuses = new SolveStatus?[_rows];
        _last = [.. Enumerable.Range(0, _rows).Select(_ => new Queue<(double Value, double Violation)>())];
        (_penalties, _values) = (new double[_rows], new double[_rows]);
    }

    public ConstrainedResult Run(CancellationToken cancellationToken)
    {
        int iterations = 0;
        for (; Array.Exists(_statuses, status => status is null); iterations++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (iterations == _limit)
            {
                End(_ => true, SolveStatus.MaximumIterations);
                break;
            }

            using DisposeScope step = NewDisposeScope();
            Step(cancellationToken);
            foreach (Tensor kept in new[] { _y, _equalityMultipliers, _inequalityMultipliers, _reach })
            {
                kept.MoveToOuterDisposeScope();
            }
        }

        return new ConstrainedResult(new MinimizationResult(_y, [.. _statuses.Select(status => status!.Value)], _values, iterations), _equalityMultipliers, _inequalityMultipliers);
    }

    private void Step(CancellationToken cancellationToken)
    {
        Tensor slope = new StationarityEquation(_problem.Objective).Evaluate(_y, _inputs).detach();
        Tensor h = Constraints(_problem.Equalities, _y), g = Constraints(_problem.Inequalities, _y);
        Tensor a = Jacobian(_problem.Equalities), b = Jacobian(_problem.Inequalities);
        Tensor hessian = _stationarity.Linearize(_y, [.. _inputs, _equalityMultipliers, _inequalityMultipliers]).Dense().detach();
        bool[] isFinite = [.. cat([slope, h, g, a.flatten(1), b.flatten(1), hessian.flatten(1)], 1).isfinite().all(1).data<bool>()];
        End(row => !isFinite[row], SolveStatus.Diverged);

        // Rows that are done solve a model that has a solution and is not looked at.
        Tensor isOpen = tensor([.. _statuses.Select(status => status is null)]).to(_y.device).unsqueeze(1);
        (slope, h, g, a, b) = (Open(slope), Open(h), Open(g), Open(a), Open(b));
        hessian = where(isOpen.unsqueeze(2), hessian.Plus(hessian.transpose(1, 2)) * 0.5.Held(), eye(_y.shape[1], dtype: _y.dtype, device: _y.device));

        Tensor units = Units(hessian, slope);
        (Tensor scaledA, Tensor ofEqualities) = Normalize(a * units.unsqueeze(1), h);
        (Tensor scaledB, Tensor ofInequalities) = Normalize(b * units.unsqueeze(1), g);
        (Tensor scaledH, Tensor scaledG) = (h / ofEqualities, g / ofInequalities);
        Tensor curvature = hessian * units.unsqueeze(2) * units.unsqueeze(1);
        (Tensor quadratic, Tensor linear) = ModelCurvature.Convexify(curvature, slope * units, scaledA, scaledH, scaledB, scaledG, Open(_inequalityMultipliers) * ofInequalities);
        QuadraticSolution model = _solver.Solve(
            new QuadraticProblem(
                quadratic,
                linear,
                g.shape[1] > 0 ? scaledB : null,
                g.shape[1] > 0 ? scaledG.neg() : null,
                h.shape[1] > 0 ? scaledA : null,
                h.shape[1] > 0 ? scaledH.neg() : null),
            null,
            cancellationToken);
        bool[] isRestored = [.. model.Status.Select((status, row) => _statuses[row] is null && (status is SolveStatus.Infeasible or SolveStatus.NearlyInfeasible || _restoration.IsUnderway(row)))];
        End(row => !isRestored[row] && model.Status[row] is SolveStatus.Unbounded or SolveStatus.NearlyUnbounded, SolveStatus.Unbounded);
        End(row => (!isRestored[row] && !double.IsFinite(model.PrimalResiduals[row])) || model.Status[row] is SolveStatus.NonConvex or SolveStatus.InvalidInput, SolveStatus.Diverged);

        // In units in which all is curved by one, a multiplier is larger than a slack where its constraint is active, and otherwise has no part in the solution.
        Tensor slack = scaledG.Plus(scaledB.bmm(model.Z.unsqueeze(2)).squeeze(2)).neg();
        Tensor isActive = model.Lambda.gt(slack);
        Tensor multipliers = where(isActive, model.Lambda, zeros_like(slack));
        (Tensor nu, Tensor lambda, Tensor jacobian) = (model.Nu / ofEqualities, multipliers / ofInequalities, cat([a, b], 1));
        bool[] isExact = [.. model.Status.Zip(AreSettled(nu, lambda, jacobian, slope, units), (status, isSettled) => status == SolveStatus.Converged && isSettled)];
        Search(isRestored, model.Z * units, nu, lambda, isExact, AreMinima, slope, h, g, jacobian);
        if (Array.Exists(isRestored, restored => restored))
        {
            Restore(isRestored, new LinearisedConstraints(scaledA, scaledH, ofEqualities, scaledB, scaledG, ofInequalities), units, cancellationToken);
        }

        bool[] AreMinima() => ModelCurvature.IsMinimum(curvature, cat([scaledA, scaledB * isActive.unsqueeze(2).to(_y.dtype)], 1));

        Tensor Open(Tensor rows) => where(rows.dim() == 3 ? isOpen.unsqueeze(2) : isOpen, rows, zeros_like(rows));
    }

    /// <summary>
    /// Units of the unknowns in which each is curved by one; where the Lagrangian is not curved along one yet, as at a linear objective without multipliers, a step is of the size
    /// that the unknown has had.
    /// </summary>
    private Tensor Units(Tensor hessian, Tensor slope)
    {
        Tensor curvature = hessian.diagonal(dim1: 1, dim2: 2).abs(), reach = Sizes();
        Tensor own = slope.abs() / reach, steepest = own.amax([1], true);
        own = where(own.gt(0.Held()), own, steepest);
        Tensor unit = where(curvature.gt(own * ModelCurvature.Smallest.Held()), curvature, own);
        return where(unit.gt(0.Held()), unit, ones_like(unit)).rsqrt();
    }

    // Of the unknowns, so far; where one has been zero alone, as of the largest.
    private Tensor Sizes()
    {
        Tensor largest = _reach.amax([1], true);
        return where(_reach.gt(0.Held()), _reach, where(largest.gt(0.Held()), largest, ones_like(largest)));
    }

    // Constraints in units in which their gradients have length one; one without a gradient, in that of its value.
    private static (Tensor Rows, Tensor Units) Normalize(Tensor rows, Tensor values)
    {
        Tensor length = rows.norm(2), size = values.abs();
        Tensor units = where(length.gt(0.Held()), length, where(size.gt(0.Held()), size, ones_like(size)));
        return (rows / units.unsqueeze(2), units);
    }

    // What was learned of the search before says nothing where it begins anew.
    private void Restore(bool[] isRestored, LinearisedConstraints linearised, Tensor units, CancellationToken cancellationToken)
    {
        (Tensor point, bool[] isStuck) = _restoration.Move(_y, isRestored, linearised, units, Sizes(), cancellationToken);
        Tensor moves = tensor(isRestored).to(_y.device).unsqueeze(1);
        _y = where(moves, point, _y);
        _equalityMultipliers = where(moves, zeros_like(_equalityMultipliers), _equalityMultipliers);
        _inequalityMultipliers = where(moves, zeros_like(_inequalityMultipliers), _inequalityMultipliers);
        for (int row = 0; row < _rows; row++)
        {
            if (isRestored[row])
            {
                _last[row].Clear();
                _penalties[row] = 0;
            }
        }

        End(row => isStuck[row], SolveStatus.Infeasible);
    }

    private void Search(bool[] isRestored, Tensor step, Tensor nu, Tensor lambda, bool[] isExact, Func<bool[]> areMinima, Tensor slope, Tensor h, Tensor g, Tensor jacobian)
    {
        double[] largest = Largest(cat([nu.abs(), lambda], 1)), violations = Violation(h, g), slopes = [.. (slope * step).sum(1).cpu().data<double>()];
        double[] values = [.. _problem.Objective.Value(_y, _inputs).cpu().data<double>()], lengths = new double[_rows], gains = new double[_rows];
        _reach = maximum(_reach, _y.abs());
        Tensor rounding = _reach.amax([1], true) * Rounding.Held();
        bool[] isShort = [.. step.abs().le((_reach * _tolerance.Held()).Plus(rounding)).all(1).cpu().data<bool>()];
        bool[] isHeld = AreHeld(_y.Plus(step), jacobian);
        isShort = [.. isShort.Zip(isHeld, (isSmall, holds) => isSmall && holds)];
        bool[] isOpen = [.. _statuses.Select((status, row) => status is null && !isRestored[row])];
        for (int row = 0; row < _rows; row++)
        {
            if (isOpen[row])
            {
                _values[row] = values[row];
                _penalties[row] = Math.Max(PenaltyDecay * _penalties[row], 2 * largest[row]);
                _last[row].Enqueue((values[row], violations[row]));
                if (_last[row].Count > Memory)
                {
                    _last[row].Dequeue();
                }

                gains[row] = Math.Max((_penalties[row] * violations[row]) - slopes[row], 0);
                lengths[row] = 1;
            }
        }

        Tensor candidate = _y;
        for (int halving = 0; halving <= MostHalvings; halving++)
        {
            candidate = where(tensor(lengths).to(_y.device).unsqueeze(1).gt(0.Held()), _y.Plus(step * tensor(lengths).to(_y.device).unsqueeze(1)), _y);
            double[] reached = [.. _problem.Objective.Value(candidate, _inputs).cpu().data<double>()];
            double[] violated = Violation(Constraints(_problem.Equalities, candidate), Constraints(_problem.Inequalities, candidate));
            bool halves = false;
            for (int row = 0; row < _rows; row++)
            {
                double merit = reached[row] + (_penalties[row] * violated[row]);
                double limit = isOpen[row] ? _last[row].Max(point => point.Value + (_penalties[row] * point.Violation)) - (SufficientDecrease * lengths[row] * gains[row]) : 0;
                double noise = isOpen[row] ? 1e-14 * (Math.Abs(values[row]) + (_penalties[row] * violations[row])) : 0;
                if (isOpen[row] && lengths[row] > 0 && !isShort[row] && !(merit <= limit + noise))
                {
                    lengths[row] = halving == MostHalvings ? 0 : lengths[row] / 2;
                    halves = true;
                }
            }

            if (!halves)
            {
                break;
            }
        }

        Tensor moves = tensor(lengths).to(_y.device).unsqueeze(1).gt(0.Held());
        _reach = maximum(_reach, where(moves, (candidate - _y).abs(), zeros_like(_y)));
        _y = where(moves, candidate, _y);
        _equalityMultipliers = where(moves, nu, _equalityMultipliers);
        _inequalityMultipliers = where(moves, lambda, _inequalityMultipliers);
        if (Enumerable.Range(0, _rows).Any(row => isOpen[row] && isShort[row] && isExact[row]))
        {
            bool[] isMinimum = areMinima();
            End(row => isOpen[row] && isShort[row] && isExact[row], row => isMinimum[row] ? SolveStatus.Converged : SolveStatus.NonConvex);
        }

        End(row => isOpen[row] && lengths[row] == 0, SolveStatus.StepUnderflow);
    }

    // Whether multipliers pull at the unknowns as those of the step before, from which the curvature of the model is: where that was far too large any step is short.
    private bool[] AreSettled(Tensor nu, Tensor lambda, Tensor jacobian, Tensor slope, Tensor units)
    {
        Tensor now = cat([nu, lambda], 1), change = now - cat([_equalityMultipliers, _inequalityMultipliers], 1);
        Tensor most = (slope.abs().Plus(Pull(now)) * Settled.Held()).Plus(_reach * _tolerance.Held() / units.Squared());
        return [.. Pull(change).le(most).all(1).cpu().data<bool>()];

        Tensor Pull(Tensor multipliers) => multipliers.abs().unsqueeze(1).bmm(jacobian.abs()).squeeze(1);
    }

    // To within what steps that are short change them by, beside where the search is now: it may have come from afar.
    private bool[] AreHeld(Tensor y, Tensor jacobian)
    {
        Tensor change = jacobian.abs().bmm((y.abs() * _tolerance.Held()).Plus(_reach * Rounding.Held()).unsqueeze(2)).sum([1, 2]);
        return [.. Violation(Constraints(_problem.Equalities, y), Constraints(_problem.Inequalities, y)).Zip(change.cpu().data<double>(), (violation, most) => violation <= most)];
    }

    private void End(Func<int, bool> ends, SolveStatus status) => End(ends, _ => status);

    private void End(Func<int, bool> ends, Func<int, SolveStatus> statusOf)
    {
        for (int row = 0; row < _rows; row++)
        {
            _statuses[row] ??= ends(row) ? statusOf(row) : null;
        }
    }

    private Tensor Constraints(IRowObjective? constraints, Tensor y) => constraints?.Values(y, _inputs) ?? zeros([_rows, 0], y.dtype, y.device);

    private Tensor Jacobian(IRowObjective? constraints) =>
        constraints is null ? zeros([_rows, 0, _y.shape[1]], _y.dtype, _y.device) : ResidualJacobian.Of(constraints, _y, _inputs).transpose(1, 2).contiguous();

    private static double[] Violation(Tensor h, Tensor g) => [.. h.abs().sum(1).Plus(g.clamp_min(0.Held()).sum(1)).cpu().data<double>()];

    private double[] Largest(Tensor multipliers) => multipliers.shape[1] == 0 ? new double[_rows] : [.. multipliers.amax([1]).cpu().data<double>()];
}
