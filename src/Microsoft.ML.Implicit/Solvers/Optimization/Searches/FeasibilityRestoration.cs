using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>
/// Moves rows whose linearised constraints contradict each other to where constraints are violated by less: by least squares of what is left of them, as elastic mode does (Nocedal and Wright 2006,
/// section 18.3), whatever the objective, until little is left of that or a full step is taken. Where even that shows no way, as where the gradients of constraints vanish, a row is moved to beside where it is.
/// </summary>
/// <param name="problem">The problem.</param>
/// <param name="inputs">What it depends on.</param>
/// <param name="rows">Number of rows.</param>
internal sealed class FeasibilityRestoration(ConstrainedProblem problem, IReadOnlyList<Tensor> inputs, int rows)
{
    private const int MostHalvings = 40;
    private const int MostMoves = 4;
    private const double SufficientDecrease = 1e-4;

    // Of the violation: where a step promises less, it is stationary, and what is left of it by a shortened step may be left to the search.
    private const double LeastPromise = 1e-3;
    private const double Little = 0.1;

    // Of the size that an unknown has had; as much more with each move.
    private const double MoveLength = 0.1;

    // Of constraints whose gradients have length one, in the units of the unknowns.
    private const double Damping = 1e-8;

    private readonly InteriorPointSolver _solver = new();
    private readonly int[] _moves = new int[rows];
    private readonly bool[] _isUnderway = new bool[rows];

    /// <summary>Whether a row is to be moved again, whatever its linearised constraints are.</summary>
    public bool IsUnderway(int row) => _isUnderway[row];

    /// <summary>Moves rows.</summary>
    /// <param name="y">Where they are, <c>[rows, unknowns]</c>.</param>
    /// <param name="isRestored">Which are moved.</param>
    /// <param name="linearised">Their constraints.</param>
    /// <param name="units">Units of the unknowns' steps.</param>
    /// <param name="reach">Sizes that the unknowns have had, none of them zero.</param>
    /// <param name="cancellationToken">Looked at by the solver.</param>
    /// <returns>Where all are then, and which have no way on.</returns>
    public (Tensor Point, bool[] IsStuck) Move(Tensor y, bool[] isRestored, LinearisedConstraints linearised, Tensor units, Tensor reach, CancellationToken cancellationToken)
    {
        (Tensor step, double[] left) = LeastSquares(linearised, cancellationToken);
        step = step * units;
        double[] violations = Violation(y, linearised), reached = violations, lengths = new double[rows];
        for (int row = 0; row < rows; row++)
        {
            lengths[row] = isRestored[row] && violations[row] - left[row] > LeastPromise * violations[row] ? 1 : 0;
        }

        Tensor candidate = y;
        for (int halving = 0; halving <= MostHalvings; halving++)
        {
            candidate = Along(y, step, lengths);
            reached = Violation(candidate, linearised);
            bool halves = false;
            for (int row = 0; row < rows; row++)
            {
                if (lengths[row] > 0 && !(reached[row] <= violations[row] - (SufficientDecrease * lengths[row] * (violations[row] - left[row]))))
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

        bool[] isStuck = new bool[rows], isMoved = new bool[rows];
        for (int row = 0; row < rows; row++)
        {
            bool isStationary = isRestored[row] && lengths[row] == 0 && violations[row] > 0;
            isStuck[row] = isStationary && _moves[row] == MostMoves;
            isMoved[row] = isStationary && !isStuck[row];
            _isUnderway[row] = isStationary || (isRestored[row] && lengths[row] < 1 && reached[row] > Little * violations[row]);
        }

        return (Array.Exists(isMoved, moved => moved) ? MoveAside(candidate, isMoved, linearised, reach) : candidate, isStuck);
    }

    // In directions that do not depend on which other rows there are, to the side at which constraints are violated by less.
    private Tensor MoveAside(Tensor y, bool[] isMoved, LinearisedConstraints linearised, Tensor reach)
    {
        int unknowns = (int)y.shape[1];
        double[] directions = new double[rows * unknowns];
        for (int row = 0; row < rows; row++)
        {
            if (isMoved[row])
            {
                var random = new Random(_moves[row]++);
                for (int j = 0; j < unknowns; j++)
                {
                    directions[(row * unknowns) + j] = _moves[row] * MoveLength * ((2 * random.NextDouble()) - 1);
                }
            }
        }

        Tensor step = reach * NativeTensor.Of(directions, [rows, unknowns]).to(y.device);
        double[] onward = Violation(y.Plus(step), linearised), back = Violation(y - step, linearised);
        return Along(y, step, [.. isMoved.Select((moved, row) => !moved ? 0.0 : onward[row] <= back[row] ? 1 : -1)]);
    }

    // ½ δ ‖p‖² + ½ ‖A p + h‖² + ½ ‖max(B p + g, 0)‖², with variables for what is left of constraints.
    private (Tensor Step, double[] Left) LeastSquares(LinearisedConstraints linearised, CancellationToken cancellationToken)
    {
        (Tensor a, Tensor h, Tensor b, Tensor g) = (linearised.A, linearised.H, linearised.B, linearised.G);
        (long n, long equalities, long inequalities) = (a.shape[2], a.shape[1], b.shape[1]);
        double[] diagonal = [.. Enumerable.Range(0, (int)(n + equalities + inequalities)).Select(i => i < n ? Damping : 1)];
        Tensor squares = NativeTensor.Of(diagonal, [diagonal.Length]).to(a.device).diag();
        Tensor ofEqualities = cat([a, -Eye(equalities), zeros([rows, equalities, inequalities], a.dtype, a.device)], 2);
        Tensor ofInequalities = cat([b, zeros([rows, inequalities, equalities], a.dtype, a.device), -Eye(inequalities)], 2);
        QuadraticSolution solution = _solver.Solve(
            new QuadraticProblem(
                squares,
                zeros([rows, diagonal.Length], a.dtype, a.device),
                inequalities > 0 ? ofInequalities : null,
                inequalities > 0 ? g.neg() : null,
                equalities > 0 ? ofEqualities : null,
                equalities > 0 ? h.neg() : null),
            null,
            cancellationToken);
        return (solution.Z.narrow(1, 0, n), [.. solution.Z.narrow(1, n, equalities + inequalities).Squared().sum(1).cpu().data<double>()]);

        Tensor Eye(long order) => eye(order, dtype: a.dtype, device: a.device).expand(rows, order, order);
    }

    private Tensor Along(Tensor y, Tensor step, double[] lengths)
    {
        Tensor length = NativeTensor.Of(lengths, [rows, 1]).to(y.device);
        return where(length.ne(0.Held()), y.Plus(step * length), y);
    }

    private double[] Violation(Tensor y, LinearisedConstraints linearised)
    {
        Tensor h = problem.Equalities is null ? linearised.H : problem.Equalities.Values(y, inputs) / linearised.UnitsOfH;
        Tensor g = problem.Inequalities is null ? linearised.G : problem.Inequalities.Values(y, inputs) / linearised.UnitsOfG;
        return [.. h.Squared().sum(1).Plus(g.clamp_min(0.Held()).Squared().sum(1)).cpu().data<double>()];
    }
}
