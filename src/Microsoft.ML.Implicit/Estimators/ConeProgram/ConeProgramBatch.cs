using System.Numerics;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Parameters of a batch of cone programs and their solutions.</summary>
internal sealed class ConeProgramBatch : RowBatch
{
    private static readonly ReadOnlyMemory<char>[] StatusNames = [.. Enum.GetValues<SolveStatus>().Select(status => status.ToString().AsMemory())];

    private readonly ConeProgramModel _model;
    private readonly DataViewRow _source;
    private readonly LearnedConeProgramModelParameters? _learned;
    private readonly (ProgramPart Part, NumberReader Read)[] _readers;
    private readonly NumberReader? _readFeatures;
    private readonly string? _featureColumnName;
    private readonly NumberRows _features;
    private readonly NumberRows _parameters;
    private readonly long[] _positions;
    private readonly double[][] _values;
    private readonly SolveStatus[] _status;

    /// <param name="model">What is solved.</param>
    /// <param name="source">Where rows are read.</param>
    /// <param name="capacity">Number of slots.</param>
    /// <param name="learned">What predicts the parameters that are not read, or null where all are.</param>
    /// <param name="featureColumnName">Column that it predicts them from.</param>
    public ConeProgramBatch(ConeProgramModel model, DataViewRow source, int capacity, LearnedConeProgramModelParameters? learned = null, string? featureColumnName = null)
    {
        model.CheckColumns(source.Schema);
        _model = model;
        _source = source;
        _learned = learned;
        _readers = [.. model.Given.Select(pair => (pair.Part, NumberColumns.CreateReader(source, source.Schema[pair.Column])))];
        _featureColumnName = featureColumnName;
        _readFeatures = featureColumnName is null ? null : NumberColumns.CreateReader(source, source.Schema[featureColumnName]);
        _features = new NumberRows(learned?.FeatureCount ?? 0, capacity);
        _parameters = new NumberRows(model.Program.ParameterCount, capacity);
        _positions = new long[capacity];
        _values = [.. model.Outputs.Select(column => new double[capacity * column.Length])];
        _status = new SolveStatus[capacity];
    }

    public override void Read(int slot)
    {
        _positions[slot] = _source.Position;
        _readFeatures?.Invoke(_features[slot]);
        foreach ((ProgramPart part, NumberReader read) in _readers)
        {
            read(_parameters[slot].Slice(part.Start, part.Size));
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
        int[] slots = [.. Enumerable.Range(0, count)];
        Tensor parameters = _parameters.ToTensor(slots);
        parameters = _learned is null ? parameters : _learned.Complete(parameters, _features.ToTensor(slots));
        ProgramSolution solution = ConvexProgram.Solve(
            _model.Program, parameters, _model.Solver, throwOnFailure: false, warmStart: null, CancellationToken.None);
        for (int slot = 0; slot < count; slot++)
        {
            _status[slot] = solution.Status[slot];
            if (_status[slot] != SolveStatus.Converged && _model.UnsolvedRows == UnsolvedRowHandling.Throw)
            {
                throw new SolveFailedException($"Row {_positions[slot]}: {FeatureFault(slot) ?? solution.Describe(slot)}", _status[slot], (int)_positions[slot]);
            }
        }

        for (int column = 0; column < _values.Length; column++)
        {
            Store(column, solution, parameters);
        }
    }

    public override Delegate CreateGetter(int column, Func<int> slot)
    {
        if (_model.Outputs[column].Kind == ConeProgramColumnKind.Status)
        {
            return (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = StatusNames[(int)_status[slot()]]);
        }

        return _model.OutputKind == DataKind.Double ? CreateNumberGetter<double>(column, slot) : CreateNumberGetter<float>(column, slot);
    }

    private Delegate CreateNumberGetter<T>(int column, Func<int> slot)
        where T : struct, INumberBase<T>
    {
        double[] values = _values[column];
        int length = _model.Outputs[column].Length;
        return _model.Outputs[column].Type is VectorDataViewType
            ? (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) =>
            {
                VBufferEditor<T> editor = VBufferEditor.Create(ref value, length);
                TensorPrimitives.ConvertTruncating<double, T>(values.AsSpan(slot() * length, length), editor.Values);
                value = editor.Commit();
            })
            : (ValueGetter<T>)((ref T value) => value = T.CreateTruncating(values[slot()]));
    }

    // Numbers that are predicted from it are none either.
    private string? FeatureFault(int slot) => _readFeatures is null || TensorPrimitives.IsFiniteAll<double>(_features[slot]) ? null : $"Column '{_featureColumnName}' holds a value that is missing or infinite.";

    private void Store(int column, ProgramSolution solution, Tensor parameters)
    {
        ConeProgramColumn output = _model.Outputs[column];
        Tensor? numbers = output.Kind switch
        {
            ConeProgramColumnKind.Variable => solution.Value(output.Part!.Name),
            ConeProgramColumnKind.Multipliers => solution.Multipliers(output.Part!.Name),
            ConeProgramColumnKind.Parameter => output.Part!.Of(parameters),
            ConeProgramColumnKind.Objective => solution.Objective,
            _ => null,
        };
        numbers?.contiguous().data<double>().CopyTo(_values[column]);
    }
}
