using Microsoft.ML.Implicit.Layers.Conic;
using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// What a program still decides when one of its variables is carried out as it was planned: the recourse of two-stage stochastic programming (Birge and Louveaux, 2011, chapter 2).
/// Constraints on the planned variable alone are left out, since the plan was made under them.
/// </summary>
internal sealed class RecourseProgram
{
    private readonly CompiledProgram _program;
    private readonly ProgramPart _decided;
    private readonly ConeOptions _solver;
    private readonly long[] _columns;
    private readonly long[] _rows;
    private readonly Cone[] _cones;

    /// <param name="program">The program.</param>
    /// <param name="decided">The variable that is carried out; at least one column is not of it.</param>
    /// <param name="solver">Settings of the solver.</param>
    public RecourseProgram(CompiledProgram program, ProgramPart decided, ConeOptions solver)
    {
        (_program, _decided, _solver) = (program, decided, solver);
        _columns = [.. Enumerable.Range(0, program.Columns).Where(column => !IsDecided(column)).Select(column => (long)column)];
        bool[] isFree = new bool[program.B.Length];
        foreach (int entry in program.A.Entries)
        {
            isFree[entry / program.Columns] |= !IsDecided(entry % program.Columns);
        }

        List<long> rows = [];
        List<Cone> cones = [];
        int start = 0;
        foreach (Cone cone in program.Cones)
        {
            IEnumerable<int> slacks = Enumerable.Range(start, cone.Dimension);
            int[] kept = cone.Kind switch
            {
                ConeKind.Zero or ConeKind.Nonnegative => [.. slacks.Where(row => isFree[row])],
                _ => slacks.Any(row => isFree[row]) ? [.. slacks] : [],
            };
            if (kept.Length > 0)
            {
                rows.AddRange(kept.Select(row => (long)row));
                cones.Add(cone.Kind switch
                {
                    ConeKind.Zero => Cone.Zero(kept.Length),
                    ConeKind.Nonnegative => Cone.Nonnegative(kept.Length),
                    _ => cone,
                });
            }

            start += cone.Dimension;
        }

        (_rows, _cones) = ([.. rows], [.. cones]);
    }

    /// <summary>What a plan costs, [batch].</summary>
    /// <param name="parameters">Realised values of all parameters, [batch, parameters].</param>
    /// <param name="decision">Values of the variable that is carried out, [batch, size].</param>
    /// <param name="cancellation">Checked in every iteration.</param>
    /// <exception cref="SolveFailedException">A plan leaves no way to satisfy the constraints.</exception>
    public Tensor Cost(Tensor parameters, Tensor decision, CancellationToken cancellation)
    {
        (ConeProblem problem, Tensor offset) = _program.Apply(parameters);
        Tensor columns = tensor(_columns, [_columns.Length], ScalarType.Int64), rows = tensor(_rows, [_rows.Length], ScalarType.Int64);
        Tensor a = problem.A.index_select(-2, rows), q = problem.Q.index_select(-1, columns);
        Tensor b = problem.B.index_select(-1, rows).Plus(Product(Decided(a), decision).neg());
        Tensor? p = null;
        if (problem.P is { } quadratic)
        {
            Tensor free = quadratic.index_select(-2, columns);
            q = q.Plus(Product(Decided(free), decision));
            p = free.index_select(-1, columns);
        }

        using var layer = new ConeProgram(_solver, throwOnFailure: false);
        ConeOutputs outputs = layer.forward(new ConeProblem(p, q, a.index_select(-1, columns), b, _cones), null, cancellation);
        int failed = outputs.Solution.Status.ToList().FindIndex(status => status != SolveStatus.Converged);
        if (failed >= 0)
        {
            throw new SolveFailedException(
                $"What is planned as '{_decided.Name}' cannot be carried out at the realised parameters: {outputs.Solution.Describe(failed)} Give what it may break a cost instead.",
                outputs.Solution.Status[failed],
                failed);
        }

        Tensor x = outputs.X.mm(Placement(_columns)).Plus(decision.mm(Placement([.. Enumerable.Range(_decided.Start, _decided.Size).Select(column => (long)column)])));
        return CompiledProgram.Cost(problem, offset, x);
    }

    private bool IsDecided(int column) => column >= _decided.Start && column < _decided.Start + _decided.Size;

    private Tensor Decided(Tensor matrix) => matrix.narrow(-1, _decided.Start, _decided.Size);

    private static Tensor Product(Tensor matrix, Tensor rows) => matrix.matmul(rows.unsqueeze(2)).squeeze(2);

    // Puts columns where they stand among all.
    private Tensor Placement(long[] columns) => eye(_program.Columns, dtype: ScalarType.Float64).index_select(0, tensor(columns, [columns.Length], ScalarType.Int64));
}
