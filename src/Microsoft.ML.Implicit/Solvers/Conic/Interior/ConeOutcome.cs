namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>How a row ended.</summary>
internal readonly record struct ConeOutcome(SolveStatus Status, int Iterations, double Primal, double Dual, double Gap, double Mu)
{
    public double Worst => Math.Max(Gap, Math.Max(Primal, Dual));

    public static ConeOutcome NotSolved(SolveStatus status) => new(status, 0, double.NaN, double.NaN, double.NaN, double.NaN);
}
