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
    private readonly EntrySelection _freeA;
    private readonly EntrySelection _decidedA;
    private readonly EntrySelection _freeP;
    private readonly EntrySelection _decidedP;

    /// <param name="program">The program.</param>
    /// <param name="decided">The variable that is carried out; at least one column is not of it.</param>
    /// <param name="solver">Settings of the solver.</param>
    public RecourseProgram(CompiledProgram program, ProgramPart decided, ConeOptions solver)
    {
        (_program, _decided, _solver) = (program, decided, solver);
        _columns = [.. Enumerable.Range(0, program.Columns).Where(column => !IsDecided(column)).Select(column => (long)column)];
        bool[] isFree = new bool[program.B.Length];
        foreach ((long row, int column) in program.A.Entries.RowIndices().Zip(program.A.Entries.ColumnIndices))
        {
            isFree[row] |= !IsDecided(column);
        }

        var selection = new ConeSelection(program.Cones, row => isFree[row]);
        (_rows, _cones) = ([.. selection.Rows], [.. selection.Cones]);
        long[] decidedColumns = [.. Enumerable.Range(decided.Start, decided.Size).Select(column => (long)column)];
        (_freeA, _decidedA) = (new EntrySelection(program.A.Entries, _rows, _columns), new EntrySelection(program.A.Entries, _rows, decidedColumns));
        (_freeP, _decidedP) = (new EntrySelection(program.P.Entries, _columns, _columns), new EntrySelection(program.P.Entries, _columns, decidedColumns));
    }

    /// <summary>What a plan costs, [batch].</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="parameters">Realised values of all parameters, [batch, parameters].</param>
    /// <param name="decision">Values of the variable that is carried out, [batch, size].</param>
    /// <param name="cancellation">Checked in every iteration.</param>
    /// <exception cref="SolveFailedException">A plan leaves no way to satisfy the constraints.</exception>
    public Tensor Cost(DecisionSet batch, Tensor parameters, Tensor decision, CancellationToken cancellation)
    {
        ConeProblem problem = _program.Apply(parameters);
        Tensor columns = tensor(_columns, [_columns.Length], ScalarType.Int64), rows = tensor(_rows, [_rows.Length], ScalarType.Int64);
        Tensor q = problem.Q.index_select(-1, columns), b = problem.B.index_select(-1, rows).Plus(_decidedA.Multiply(problem.A, decision).neg());
        q = problem.P is null ? q : q.Plus(_decidedP.Multiply(problem.P, decision));
        Tensor? p = problem.P is null ? null : _freeP.Values(problem.P);
        var rest = new ConeProblem(p, q, _freeA.Values(problem.A), b, _cones, p is null ? null : _freeP.Entries, _freeA.Entries);
        using var layer = new ConeProgram(_solver, throwOnFailure: false);
        ConeOutputs outputs = layer.forward(rest, null, cancellation);
        batch.ThrowIfFailed(
            outputs.Solution.Status,
            row => $"What is planned as '{_decided.Name}' cannot be carried out at the realised parameters: {outputs.Solution.Describe(row)} Give what it may break a cost instead.");
        Tensor x = outputs.X.mm(Placement(_columns)).Plus(decision.mm(Placement([.. Enumerable.Range(_decided.Start, _decided.Size).Select(column => (long)column)])));
        return _program.Cost(parameters, x);
    }

    private bool IsDecided(int column) => column >= _decided.Start && column < _decided.Start + _decided.Size;

    // Puts columns where they stand among all.
    private Tensor Placement(long[] columns) => eye(_program.Columns, dtype: ScalarType.Float64).index_select(0, tensor(columns, [columns.Length], ScalarType.Int64));
}
