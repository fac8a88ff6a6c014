namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>
/// What the points of one row in successive units have in common where the objective falls without limit but ever more slowly, as −log x does: no direction proves it, but each point is far beyond the units
/// that the one before gave, satisfies the constraints, and lowers the objective by as much again.
/// </summary>
internal sealed class EndlessDescent
{
    private const int FewestPoints = 3;

    // In units that a point before was of the order of one in.
    private const double FarBeyond = 1e6;

    // Rounding leaves that of constraints at which numbers of very different orders meet.
    private const double Feasible = 1e-3;

    // Of the first fall: what approaches a limit falls by orders less.
    private const double AsMuchAgain = 0.25;

    private readonly List<double> _objectives = [];
    private bool _isOutward;

    /// <summary>Whether all points of the row were such.</summary>
    public bool Holds =>
        _isOutward && _objectives.Count >= FewestPoints && _objectives[0] > _objectives[1] && _objectives[^2] - _objectives[^1] >= AsMuchAgain * (_objectives[0] - _objectives[1]);

    /// <summary>Begins a row.</summary>
    public void Reset()
    {
        _objectives.Clear();
        _isOutward = true;
    }

    /// <summary>Takes a point.</summary>
    /// <param name="outcome">How the solve that came to it ended.</param>
    /// <param name="objective">The objective there, in the row's own units.</param>
    /// <param name="size">Its largest number in the units of that solve.</param>
    public void Add(ConeOutcome outcome, double objective, double size)
    {
        _objectives.Add(objective);
        _isOutward &= outcome.Status is SolveStatus.Diverged or SolveStatus.MaximumIterations && outcome.Primal <= Feasible && size >= FarBeyond;
    }
}
