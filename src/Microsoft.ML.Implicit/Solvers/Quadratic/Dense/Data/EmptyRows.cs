using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;

/// <summary>
/// Rows of zeros in G and A that their right-hand sides violate. No point changes that, so they take no part in the iterations: they are judged beside the solution.
/// </summary>
/// <param name="layout">Layout of the constraints.</param>
internal sealed unsafe class EmptyRows(ConstraintLayout layout)
{
    /// <summary>What rounding may have left in a right-hand side, relative to the solution.</summary>
    public const double NegligibleViolation = 2e-10;

    private readonly double[] _inequalities = new double[layout.Inequalities];
    private readonly double[] _equalities = new double[layout.Equalities];

    /// <summary>The largest violation, in the user's units.</summary>
    public double Violation { get; private set; }

    public void Clear()
    {
        Violation = 0;
        Array.Clear(_inequalities);
        Array.Clear(_equalities);
    }

    /// <summary>Takes note of a row of G.</summary>
    public void AddInequality(int index, double rightHandSide) => Add(_inequalities, index, Math.Max(-rightHandSide, 0));

    /// <summary>Takes note of a row of A.</summary>
    public void AddEquality(int index, double rightHandSide) => Add(_equalities, index, Math.Abs(rightHandSide));

    /// <summary>Whether a row is violated by more than rounding, for a solution of this magnitude.</summary>
    public bool Contradict(double size) => Violation > NegligibleViolation * size;

    /// <summary>The violation relative to the right-hand side or the solution, whichever is larger.</summary>
    public double Relative(double size) => Violation > 0 ? Violation / Math.Max(Violation, size) : 0;

    /// <summary>Writes the multipliers that prove that no point is feasible.</summary>
    public void CopyCertificate(DenseIterate certificate)
    {
        new Span<double>(certificate.Lambda, layout.Length).Clear();
        new Span<double>(certificate.Nu, layout.PaddedEqualities).Clear();
        _inequalities.CopyTo(new Span<double>(certificate.Lambda, layout.Inequalities));
        _equalities.CopyTo(new Span<double>(certificate.Nu, layout.Equalities));
    }

    private void Add(double[] violations, int index, double violation)
    {
        violations[index] = violation;
        Violation = Math.Max(Violation, violation);
    }
}
