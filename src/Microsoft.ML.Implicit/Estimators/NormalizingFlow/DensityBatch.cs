using System.Numerics.Tensors;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Vectors of a batch of rows, scored, encoded or decoded: NaN where a value is not finite. Angles out of range and vectors of
/// another length than one are refused.
/// </summary>
internal sealed class DensityBatch : RowBatch
{
    private readonly NormalizingFlowModelParameters _model;
    private readonly DensityOperation _operation;
    private readonly Func<DensityBatch, int, Func<int>, Delegate> _createGetter;
    private readonly DataViewRow _source;
    private readonly string _featureColumn;
    private readonly VectorReader<float> _featureReader;
    private readonly VectorReader<float>? _contextReader;
    private readonly float[] _features;
    private readonly float[] _context;
    private readonly bool[] _isFinite;

    public DensityBatch(
        NormalizingFlowModelParameters model, DensityOperation operation, DataViewRow source, string featureColumn, string? contextColumn, int capacity, Func<DensityBatch, int, Func<int>, Delegate> createGetter)
    {
        _model = model;
        _operation = operation;
        _createGetter = createGetter;
        _source = source;
        _featureColumn = featureColumn;
        _featureReader = new VectorReader<float>(source, source.Schema[featureColumn]);
        _contextReader = contextColumn is null ? null : new VectorReader<float>(source, source.Schema[contextColumn]);
        _features = new float[capacity * model.FeatureCount];
        _context = new float[capacity * model.ContextCount];
        _isFinite = new bool[capacity];
        Mapped = new float[capacity * model.FeatureCount];
        LogDensities = new double[capacity];
        Scores = new double[capacity];
    }

    /// <summary>Latent vectors of encoded rows, or features of decoded ones: [capacity, features], row by row.</summary>
    public float[] Mapped { get; }

    /// <summary>Log densities of scored or encoded rows, [capacity].</summary>
    public double[] LogDensities { get; }

    /// <summary>Anomaly scores of scored rows, [capacity].</summary>
    public double[] Scores { get; }

    public override void Read(int slot)
    {
        Span<float> row = _features.AsSpan(slot * _model.FeatureCount, _model.FeatureCount);
        _featureReader.Read(row);
        _isFinite[slot] = IsFinite(row);
        if (!_isFinite[slot])
        {
            _model.Layout.FillWithPoint(row);
        }
        else if (_model.Layout.FindFault(row) is { } fault)
        {
            throw new InvalidOperationException($"Column '{_featureColumn}', row {_source.Position}: {fault}.");
        }

        if (_contextReader is not null)
        {
            Span<float> context = _context.AsSpan(slot * _model.ContextCount, _model.ContextCount);
            _contextReader.Read(context);
            if (!IsFinite(context))
            {
                _isFinite[slot] = false;
                context.Clear();
            }
        }
    }

    public override void Evaluate(int count)
    {
        int width = _model.FeatureCount;
        ReadOnlySpan<float> rows = _features.AsSpan(0, count * width);
        ReadOnlySpan<float> context = _context.AsSpan(0, count * _model.ContextCount);
        switch (_operation)
        {
            case DensityOperation.Score:
                _model.Score(rows, LogDensities.AsSpan(0, count), Scores.AsSpan(0, count), context);
                break;
            case DensityOperation.Encode:
                _model.Encode(rows, Mapped.AsSpan(0, count * width), LogDensities.AsSpan(0, count), context);
                break;
            default:
                _model.Decode(rows, Mapped.AsSpan(0, count * width), context);
                break;
        }

        for (int slot = 0; slot < count; slot++)
        {
            if (!_isFinite[slot])
            {
                (LogDensities[slot], Scores[slot]) = (double.NaN, double.NaN);
                Mapped.AsSpan(slot * width, width).Fill(float.NaN);
            }
        }
    }

    public override Delegate CreateGetter(int column, Func<int> slot) => _createGetter(this, column, slot);

    // A sum is finite only if every term is; a finite row whose sum overflows has no density that a Single could hold.
    private static bool IsFinite(ReadOnlySpan<float> row) => float.IsFinite(TensorPrimitives.SumOfMagnitudes(row));
}
