using Microsoft.ML.Implicit.Layers.Conic;
using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Modelling;

/// <summary>
/// Values that solve a <see cref="ConvexProgram"/>, float64, part of autograd's graph where its parameters are. A row that was not solved has NaN and a status; it adds NaN to gradients,
/// or nothing where the loss does not depend on it.
/// </summary>
public sealed class ProgramSolution
{
    private readonly CompiledProgram _program;
    private readonly ConeOutputs _outputs;
    private readonly string?[] _faults;
    private readonly Tensor _multipliers;

    internal ProgramSolution(CompiledProgram program, ConeOutputs outputs, Tensor parameters, string?[] faults)
    {
        (_program, _outputs, _faults) = (program, outputs, faults);
        (X, _multipliers) = (outputs.X, outputs.Y);
        Tensor cost;
        if (outputs.Solution.AllConverged)
        {
            cost = program.Cost(parameters, X);
        }
        else
        {
            double[] marks = [.. Status.Select(status => status == SolveStatus.Converged ? 0 : double.NaN)];
            Tensor unsolved = NativeTensor.Of(marks, [marks.Length, 1]), isUnsolved = unsolved.isnan();
            (X, _multipliers) = (X.Plus(unsolved), _multipliers.Plus(unsolved));

            // In the cost of a row, NaN would make the data's gradients NaN where that of the cost is zero.
            cost = program.Cost(parameters, X.masked_fill(isUnsolved, 0.Held())).Plus(X.masked_fill(isUnsolved.logical_not(), 0.Held()).sum(1));
        }

        Objective = program.Maximizes ? cost.neg() : cost;
    }

    /// <summary>The objective, [batch].</summary>
    public Tensor Objective { get; }

    /// <summary>How each row ended.</summary>
    public IReadOnlyList<SolveStatus> Status => _outputs.Solution.Status;

    /// <summary>Iterations of each row.</summary>
    public IReadOnlyList<int> Iterations => _outputs.Solution.Iterations;

    /// <summary>Values of a variable: [batch, rows] for a vector, [batch, rows, columns] for a matrix.</summary>
    /// <param name="variable">A variable of the program.</param>
    /// <exception cref="ArgumentException">The program has no such variable.</exception>
    public Tensor this[Variable variable]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(variable);
            return Value(variable.Name);
        }
    }

    /// <summary>
    /// Multipliers of a constraint: [batch, rows] or [batch, rows, columns], how much the least of the objective (of its negation, where it is maximised) falls
    /// as the constraint's right-hand side rises, those of inequalities nonnegative. Of a matrix inequality a symmetric positive semidefinite matrix Y: the objective falls
    /// by the sum of Y times what is added to the matrix, entry by entry.
    /// </summary>
    /// <param name="name">The constraint's name.</param>
    /// <exception cref="ArgumentException">The program has no constraint of that name.</exception>
    public Tensor Multipliers(string name) => Find(_program.Multipliers, name, "constraint").Of(_multipliers);

    /// <summary>Says how a row ended.</summary>
    /// <param name="row">Index of the row.</param>
    public string Describe(int row) => _faults[row] ?? Status[row] switch
    {
        SolveStatus.Infeasible => $"No point satisfies all constraints{Contradiction(row, "contradict")}.",
        SolveStatus.NearlyInfeasible =>
            $"No point of the order of the parameters satisfies all constraints: at best points do in the limit, or where numbers are far larger than all that is given, as exponentials of large numbers are{Contradiction(row, "nearly contradict")}.",
        SolveStatus.Unbounded => $"The objective improves without limit{Direction(row)}: bound its variables.",
        SolveStatus.NearlyUnbounded => $"The objective improves very far, or without limit{Direction(row)}: bound its variables.",
        _ => _outputs.Solution.Describe(row),
    };

    /// <summary>
    /// Constraints that contradict each other in a row without a feasible point, those with the largest share first: they have no point in common even without the others. Each that can be spared is left out,
    /// as far as 100 solves tell; what else contradicts itself is left open.
    /// </summary>
    /// <param name="row">Index of the row.</param>
    /// <returns>
    /// Empty unless the row is <see cref="SolveStatus.Infeasible"/> or <see cref="SolveStatus.NearlyInfeasible"/>, and for programs of model files that were written before constraints were named in them.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public IReadOnlyList<ConflictingConstraint> Conflicts(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Status.Count);
        return Status[row] is SolveStatus.Infeasible or SolveStatus.NearlyInfeasible
            ? new ConflictSearch(_program, _outputs.Solution.Problem, row).Find(Weights(row))
            : [];
    }

    internal Tensor X { get; }

    internal ConeStart Start => _outputs.Solution.Start;

    internal void ThrowIfFailed()
    {
        for (int row = 0; row < Status.Count; row++)
        {
            if (Status[row] != SolveStatus.Converged)
            {
                throw new SolveFailedException($"Row {row} of the program: {Describe(row)}", Status[row], row);
            }
        }
    }

    internal Tensor Value(string name) => Find(_program.Variables, name, "variable").Of(X);

    private string Contradiction(int row, string verb) => List(Conflicts(row).Select(conflict => conflict.ToString())) is { Length: > 0 } list ? $"; these {verb} each other: {list}" : "";

    // Variables of the program's own have no name.
    private string Direction(int row) => List(ConflictSearch.Shares(Weights(row), _program.Variables).Select(part => $"'{part.Name}'")) is { Length: > 0 } list ? $" along {list}" : "";

    private double[] Weights(int row) => _outputs.Solution.Results.CertificateWeights[row]!;

    private static string List(IEnumerable<string> names)
    {
        const int listed = 4;
        string[] all = [.. names];
        return string.Join(", ", all.Take(listed)) + (all.Length > listed ? $" and {all.Length - listed} more" : "");
    }

    private static ProgramPart Find(IReadOnlyList<ProgramPart> parts, string name, string noun) =>
        parts.FirstOrDefault(part => part.Name == name) ?? throw new ArgumentException($"The program has no {noun} '{name}'; it has {string.Join(", ", parts.Select(part => $"'{part.Name}'"))}.", nameof(name));
}
