using System.Numerics.Tensors;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Feature vectors and tasks of a batch of rows, and their scores.</summary>
internal sealed class MetaLearnedLinearBatch : RowBatch
{
    private readonly MetaLearnedLinearModel _model;
    private readonly VectorReader<float> _features;
    private readonly Func<string> _readTask;
    private readonly float[][] _rows;
    private readonly string[] _tasks;
    private readonly float[] _scores;

    public MetaLearnedLinearBatch(MetaLearnedLinearModel model, DataViewRow source, int capacity)
    {
        _model = model;
        _features = new VectorReader<float>(source, source.Schema[model.Columns.Features]);
        _readTask = GroupName.CreateReader(source, GroupName.Find(source.Schema, model.Columns.Task, model.Columns.TaskKind));
        (_rows, _tasks) = (new float[capacity][], new string[capacity]);
        _scores = new float[capacity * model.Task.OutputWidth];
    }

    public override void Read(int slot) => (_rows[slot], _tasks[slot]) = (_features.ReadArray(), _readTask());

    public override void Evaluate(int count)
    {
        int width = _model.Task.OutputWidth;
        float[] outputs = new float[width];
        for (int slot = 0; slot < count; slot++)
        {
            Span<float> scores = _scores.AsSpan(slot * width, width);
            if (_rows[slot].Length > 0 && !TensorPrimitives.IsFiniteAll<float>(_rows[slot]))
            {
                scores.Fill(float.NaN);
                continue;
            }

            _model.Evaluate(_tasks[slot], _rows[slot], outputs);
            _model.Task.Score(outputs, scores);
        }
    }

    public override Delegate CreateGetter(int column, Func<int> slot) => _model.Task.CreateGetter(column, _scores, slot);
}
