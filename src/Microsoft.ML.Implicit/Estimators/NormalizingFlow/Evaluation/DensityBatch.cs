using System.Numerics.Tensors;
using Microsoft.ML.Data;
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
    private readonly double[] _logDensities;
    private readonly double[] _scores;

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
        _logDensities = new double[capacity];
        _scores = new double[capacity];
        Mapped = new float[capacity * model.FeatureCount];
        Typical = operation == DensityOperation.Explain ? new float[capacity * model.FeatureCount] : [];
    }

    /// <summary>Latent vectors of encoded rows, features of decoded ones, or contributions to the scores of explained ones: [capacity, features], row by row.</summary>
    public float[] Mapped { get; }

    /// <summary>What explained rows are compared with: [capacity, features], row by row.</summary>
    public float[] Typical { get; }

    /// <summary>Log density of a scored or encoded row.</summary>
    public float LogDensity(int slot) => SingleRange.Saturate(_logDensities[slot]);

    /// <summary>Anomaly score of a scored row.</summary>
    public float Score(int slot) => SingleRange.Saturate(_scores[slot]);

    public override void Read(int slot)
    {
        Span<float> row = _features.AsSpan(slot * _model.FeatureCount, _model.FeatureCount);
        _featureReader.Read(row);
        if (TensorPrimitives.IsFiniteAll<float>(row) && _model.Layout.FindFault(row) is { } fault)
        {
            throw new InvalidOperationException($"Column '{_featureColumn}', row {_source.Position}: {fault}.");
        }

        if (_contextReader is not null)
        {
            _contextReader.Read(_context.AsSpan(slot * _model.ContextCount, _model.ContextCount));
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
                _model.Score(rows, _logDensities.AsSpan(0, count), _scores.AsSpan(0, count), context);
                break;
            case DensityOperation.Encode:
                _model.Encode(rows, Mapped.AsSpan(0, count * width), _logDensities.AsSpan(0, count), context);
                break;
            case DensityOperation.Explain:
                _model.ExplainScores(rows, Mapped.AsSpan(0, count * width), Typical.AsSpan(0, count * width), context);
                break;
            default:
                _model.Decode(rows, Mapped.AsSpan(0, count * width), context);
                break;
        }
    }

    /// <summary>A getter of the row of some vectors, [capacity, features], that is in a slot.</summary>
    public ValueGetter<VBuffer<float>> CreateVectorGetter(float[] vectors, Func<int> slot) => (ref VBuffer<float> value) =>
    {
        int width = _model.FeatureCount;
        VBufferEditor<float> editor = VBufferEditor.Create(ref value, width);
        vectors.AsSpan(slot() * width, width).CopyTo(editor.Values);
        value = editor.Commit();
    };

    public override Delegate CreateGetter(int column, Func<int> slot) => _createGetter(this, column, slot);
}
