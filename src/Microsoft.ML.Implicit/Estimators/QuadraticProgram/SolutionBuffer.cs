using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The output columns of a batch of rows.</summary>
internal sealed class SolutionBuffer
{
    private static readonly ReadOnlyMemory<char>[] StatusNames = [.. Enum.GetValues<SolveStatus>().Select(status => status.ToString().AsMemory())];

    private readonly SolutionColumns _columns;
    private readonly UnsolvedRowHandling _unsolvedRows;
    private readonly QuadraticNames _names;
    private readonly int[] _lengths;
    private readonly float[][] _values;
    private readonly SolveStatus[] _status;

    public SolutionBuffer(SolutionColumns columns, QuadraticBinding binding, UnsolvedRowHandling unsolvedRows, QuadraticNames names, int capacity)
    {
        _columns = columns;
        _unsolvedRows = unsolvedRows;
        _names = names;
        _lengths = [.. Enumerable.Range(0, columns.Count).Select(column => SolutionColumns.Length(columns.Part(column), binding))];
        _values = [.. _lengths.Select(length => new float[capacity * length])];
        _status = new SolveStatus[capacity];
    }

    /// <summary>Keeps the solutions of a batch.</summary>
    /// <param name="solution">One solution a row, or one for all.</param>
    /// <param name="positions">Positions of the rows in their data view.</param>
    /// <exception cref="SolveFailedException">A row was not solved, and that is to be an error.</exception>
    public void Store(QuadraticSolution solution, ReadOnlySpan<long> positions)
    {
        bool isShared = solution.Status.Count == 1;
        for (int slot = 0; slot < positions.Length; slot++)
        {
            int row = isShared ? 0 : slot;
            _status[slot] = solution.Status[row];
            if (_status[slot] != SolveStatus.Converged && _unsolvedRows == UnsolvedRowHandling.Throw)
            {
                throw new SolveFailedException($"Row {positions[slot]}: {solution.Diagnose(row).Describe(_names)}", _status[slot], (int)positions[slot]);
            }
        }

        for (int column = 0; column < _values.Length; column++)
        {
            if (_lengths[column] > 0)
            {
                Store(column, Part(solution, _columns.Part(column)), positions.Length);
            }
        }
    }

    public Delegate CreateGetter(int column, Func<int> slot)
    {
        float[] values = _values[column];
        int length = _lengths[column];
        return _columns.Part(column) switch
        {
            SolutionPart.Status => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = StatusNames[(int)_status[slot()]]),
            SolutionPart.Objective => (ValueGetter<float>)((ref float value) => value = values[slot()]),
            _ => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
            {
                VBufferEditor<float> editor = VBufferEditor.Create(ref value, length);
                values.AsSpan(slot() * length, length).CopyTo(editor.Values);
                value = editor.Commit();
            }),
        };
    }

    private static Tensor Part(QuadraticSolution solution, SolutionPart part) => part switch
    {
        SolutionPart.Multipliers => solution.Lambda,
        SolutionPart.EqualityMultipliers => solution.Nu,
        SolutionPart.LowerBoundMultipliers => solution.LowerMultipliers!,
        SolutionPart.UpperBoundMultipliers => solution.UpperMultipliers!,
        SolutionPart.Cost => solution.Problem.P,
        SolutionPart.Objective => solution.Objective,
        _ => solution.Z,
    };

    private void Store(int column, Tensor part, int count)
    {
        using DisposeScope scope = NewDisposeScope();
        int length = _lengths[column];
        Span<float> target = _values[column].AsSpan(0, count * length);
        part.reshape(-1, length).expand(count, length).to(ScalarType.Float32).cpu().contiguous().data<float>().CopyTo(target);
        for (int slot = 0; slot < count; slot++)
        {
            if (_status[slot] != SolveStatus.Converged)
            {
                target.Slice(slot * length, length).Fill(float.NaN);
            }
        }
    }
}
