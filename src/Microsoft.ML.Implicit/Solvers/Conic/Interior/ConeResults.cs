using Microsoft.ML.Implicit.Solvers.Conic.Faces;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>What became of the rows of a batch, in the problem's units.</summary>
internal sealed class ConeResults(ConeProblem problem, SparseStructure? structure)
{
    /// <summary>The structure that was found.</summary>
    public SparseStructure? Structure => structure;

    public double[] X { get; } = new double[problem.BatchSize * problem.Variables];

    public double[] S { get; } = new double[problem.BatchSize * problem.Constraints];

    public double[] Y { get; } = new double[problem.BatchSize * problem.Constraints];

    /// <summary>Slacks in the units that rows were solved in, where parts of different sizes keep their digits.</summary>
    public double[] ScaledS { get; } = new double[problem.BatchSize * problem.Constraints];

    /// <summary>Multipliers in those units.</summary>
    public double[] ScaledY { get; } = new double[problem.BatchSize * problem.Constraints];

    public double[] Objectives { get; } = new double[problem.BatchSize];

    public double[]?[] Certificates { get; } = new double[problem.BatchSize][];

    /// <summary>Magnitudes of the numbers of a certificate in the units that its row was solved in, where they can be compared.</summary>
    public double[]?[] CertificateWeights { get; } = new double[problem.BatchSize][];

    public ConeOutcome[] Outcomes { get; } = new ConeOutcome[problem.BatchSize];

    /// <summary>The units that rows were solved in.</summary>
    public ProgramUnits[] Units { get; } = new ProgramUnits[problem.BatchSize];

    /// <summary>Faces in the place of cones that rows were solved with, by the first slacks of these; null for most.</summary>
    public IReadOnlyDictionary<int, ConeFace>?[] Faces { get; } = new IReadOnlyDictionary<int, ConeFace>?[problem.BatchSize];

    public Span<double> XOf(int row) => Row(X, row, problem.Variables);

    public Span<double> SOf(int row) => Row(S, row, problem.Constraints);

    public Span<double> YOf(int row) => Row(Y, row, problem.Constraints);

    /// <summary>A row's part of an array with so many numbers a row.</summary>
    public static Span<double> Row(double[] values, int row, int length) => values.AsSpan(row * length, length);

    /// <summary>Stores a row that has no solution.</summary>
    public void Fail(int row, ConeOutcome outcome, double[]? certificate = null, double[]? weights = null)
    {
        Outcomes[row] = outcome;
        (Certificates[row], CertificateWeights[row]) = (certificate, weights);
        XOf(row).Fill(double.NaN);
        SOf(row).Fill(double.NaN);
        YOf(row).Fill(double.NaN);
        Objectives[row] = double.NaN;
    }
}
