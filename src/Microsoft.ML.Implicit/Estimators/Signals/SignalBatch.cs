using System.Numerics.Tensors;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Vectors of a batch of rows, and what a function makes of them.</summary>
internal sealed class SignalBatch : RowBatch
{
    private readonly SignalFunction _function;
    private readonly Func<double[]> _read;
    private readonly double[][] _values;

    public SignalBatch(SignalFunction function, DataViewRow source, string inputColumnName, int capacity)
    {
        _function = function;
        _read = PointReader.Create(source, PointColumn.Find(source.Schema, inputColumnName));
        _values = new double[capacity][];
    }

    public override void Read(int slot) => _values[slot] = _read();

    public override void Evaluate(int count) => Parallel.For(0, count, slot =>
    {
        double[] values = _values[slot];
        _values[slot] = values.Length == 0 || TensorPrimitives.IsFiniteAll(values) ? _function.Evaluate(values) : [.. values.Select(_ => double.NaN)];
    });

    public override Delegate CreateGetter(int column, Func<int> slot) => VectorGetter.Create(() => Array.ConvertAll(_values[slot()], value => (float)value));
}
