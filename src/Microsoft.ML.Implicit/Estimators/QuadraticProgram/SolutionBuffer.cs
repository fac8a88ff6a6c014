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

    /// <summary>Leaves every slot without a solution, as that of an invalid row.</summary>
    public void Clear()
    {
        Array.Fill(_status, SolveStatus.InvalidInput);
        Array.ForEach(_values, values => Array.Fill(values, float.NaN));
    }

    /// <summary>Keeps the solutions of rows.</summary>
    /// <param name="solution">One solution a slot, or one for all.</param>
    /// <param name="slots">Slots of the rows that were solved.</param>
    /// <param name="positions">Position of the row in each slot in its data view.</param>
    /// <exception cref="SolveFailedException">A row was not solved, and that is to be an error.</exception>
    public void Store(QuadraticSolution solution, int[] slots, ReadOnlySpan<long> positions)
    {
        bool isShared = solution.Status.Count == 1;
        for (int i = 0; i < slots.Length; i++)
        {
            int row = isShared ? 0 : i;
            SolveStatus status = _status[slots[i]] = solution.Status[row];
            if (status != SolveStatus.Converged && _unsolvedRows == UnsolvedRowHandling.Throw)
            {
                long position = positions[slots[i]];
                throw new SolveFailedException($"Row {position}: {solution.Diagnose(row).Describe(_names)}", status, (int)position);
            }
        }

        for (int column = 0; column < _values.Length; column++)
        {
            if (_lengths[column] > 0)
            {
                Store(column, Part(solution, _columns.Part(column)), slots);
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

    private void Store(int column, Tensor part, int[] slots)
    {
        using DisposeScope scope = NewDisposeScope();
        int length = _lengths[column];
        Span<float> values = part.reshape(-1, length).expand(slots.Length, length).to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
        for (int i = 0; i < slots.Length; i++)
        {
            Span<float> target = _values[column].AsSpan(slots[i] * length, length);
            if (_status[slots[i]] == SolveStatus.Converged)
            {
                values.Slice(i * length, length).CopyTo(target);
            }
            else
            {
                target.Fill(float.NaN);
            }
        }
    }
}
