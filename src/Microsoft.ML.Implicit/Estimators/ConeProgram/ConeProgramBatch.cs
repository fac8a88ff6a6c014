using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Parameters of a batch of cone programs and their solutions.</summary>
internal sealed class ConeProgramBatch : RowBatch
{
    private static readonly ReadOnlyMemory<char>[] StatusNames = [.. Enum.GetValues<SolveStatus>().Select(status => status.ToString().AsMemory())];

    private readonly ConeProgramModel _model;
    private readonly DataViewRow _source;
    private readonly NumberReader[] _readers;
    private readonly NumberRows _parameters;
    private readonly long[] _positions;
    private readonly float[][] _values;
    private readonly SolveStatus[] _status;

    public ConeProgramBatch(ConeProgramModel model, DataViewRow source, int capacity)
    {
        model.CheckColumns(source.Schema);
        _model = model;
        _source = source;
        _readers = [.. model.InputColumnNames.Select(name => NumberColumns.CreateReader(source, source.Schema[name]))];
        _parameters = new NumberRows(model.Program.ParameterCount, capacity);
        _positions = new long[capacity];
        _values = [.. model.Outputs.Select(column => new float[capacity * column.Length])];
        _status = new SolveStatus[capacity];
    }

    public override void Read(int slot)
    {
        _positions[slot] = _source.Position;
        for (int i = 0; i < _readers.Length; i++)
        {
            _readers[i](_parameters[slot].Slice(_model.Program.Parameters[i].Start, _model.Program.Parameters[i].Size));
        }
    }

    public override void Evaluate(int count)
    {
        if (count == 0)
        {
            return;
        }

        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        ProgramSolution solution = ConvexProgram.Solve(
            _model.Program, _parameters.ToTensor([.. Enumerable.Range(0, count)]), _model.Solver, throwOnFailure: false, CancellationToken.None);
        for (int slot = 0; slot < count; slot++)
        {
            _status[slot] = solution.Status[slot];
            if (_status[slot] != SolveStatus.Converged && _model.UnsolvedRows == UnsolvedRowHandling.Throw)
            {
                throw new SolveFailedException($"Row {_positions[slot]}: {solution.Describe(slot)}", _status[slot], (int)_positions[slot]);
            }
        }

        for (int column = 0; column < _values.Length; column++)
        {
            Store(column, solution, count);
        }
    }

    public override Delegate CreateGetter(int column, Func<int> slot)
    {
        float[] values = _values[column];
        int length = _model.Outputs[column].Length;
        return _model.Outputs[column].Type switch
        {
            TextDataViewType => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = StatusNames[(int)_status[slot()]]),
            VectorDataViewType => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
            {
                VBufferEditor<float> editor = VBufferEditor.Create(ref value, length);
                values.AsSpan(slot() * length, length).CopyTo(editor.Values);
                value = editor.Commit();
            }),
            _ => (ValueGetter<float>)((ref float value) => value = values[slot()]),
        };
    }

    private void Store(int column, ProgramSolution solution, int count)
    {
        ConeProgramColumn output = _model.Outputs[column];
        Tensor? numbers = output.Kind switch
        {
            ConeProgramColumnKind.Variable => solution.Value(output.Part!.Name),
            ConeProgramColumnKind.Multipliers => solution.Multipliers(output.Part!.Name),
            ConeProgramColumnKind.Objective => solution.Objective,
            _ => null,
        };
        if (numbers is null)
        {
            return;
        }

        numbers.to(ScalarType.Float32).contiguous().data<float>().CopyTo(_values[column]);
        for (int slot = 0; slot < count; slot++)
        {
            if (_status[slot] != SolveStatus.Converged)
            {
                _values[column].AsSpan(slot * output.Length, output.Length).Fill(float.NaN);
            }
        }
    }
}
