using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Fields of a batch of rows and their forecasts.</summary>
internal sealed class FieldBatch(FieldModelParameters model, DataViewRow source, DataViewSchema.Column column, double[] horizon, int capacity) : RowBatch
{
    private readonly VectorReader<float> _reader = new(source, column);
    private readonly int _points = model.Grid.PointCount;
    private readonly float[] _fields = new float[capacity * model.Grid.PointCount];
    private float[] _forecasts = [];

    public override void Read(int slot) => _reader.Read(_fields.AsSpan(slot * _points, _points));

    public override void Evaluate(int count) => _forecasts = model.Forecast(_fields[..(count * _points)], count, horizon);

    public override Delegate CreateGetter(int column, Func<int> slot)
    {
        int size = horizon.Length * _points;
        return VectorGetter.Create(() =>
        {
            int first = slot() * size;
            return _forecasts[first..(first + size)];
        });
    }
}
