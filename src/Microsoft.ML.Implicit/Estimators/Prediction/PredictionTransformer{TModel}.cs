using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Onnx;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Scores rows with a trained model from a feature vector to a label.</summary>
/// <remarks>
/// Rows are scored in batches as they are read. A row with a NaN or infinite feature gets NaN scores and a missing
/// predicted label. Prediction engines in several threads may share one transformer; each engine serves one thread.
/// </remarks>
/// <typeparam name="TModel">The trained model.</typeparam>
public abstract class PredictionTransformer<TModel> : ImplicitTransformer<TModel>, ISingleFeaturePredictionTransformer<TModel>, ISingleFeaturePredictionTransformer
    where TModel : PredictionModelParameters
{
    private protected const string FeatureColumnField = "feature_column";

    private protected PredictionTransformer(IHost host, ModelFormat format, TModel model, string featureColumnName, string? evaluationColumnName = null)
        : base(host, format, model)
    {
        FeatureColumnName = featureColumnName;
        Mapper = new PredictionMapper(model, featureColumnName, evaluationColumnName);
    }

    /// <inheritdoc cref="ISingleFeaturePredictionTransformer{TModel}.FeatureColumnName"/>
    public string FeatureColumnName { get; }

    /// <inheritdoc cref="ISingleFeaturePredictionTransformer{TModel}.FeatureColumnType"/>
    public DataViewType FeatureColumnType => new VectorDataViewType(NumberDataViewType.Single, Model.FeatureCount);

    private protected override BatchMapper Mapper { get; }

    /// <summary>Scores rows of finite features.</summary>
    /// <exception cref="ObjectDisposedException">The transformer was disposed of.</exception>
    internal void Score(VBuffer<float>[] rows, float[] scores)
    {
        using DisposalGate.Use use = Mapper.Hold();
        Model.Score(rows, rows.Length, scores);
    }

    /// <summary>Scores rows within an ONNX file.</summary>
    /// <exception cref="ObjectDisposedException">The transformer was disposed of.</exception>
    internal IReadOnlyList<OnnxValue> Score(OnnxValue features)
    {
        using DisposalGate.Use use = Mapper.Hold();
        return Model.Score(features);
    }

    private protected override void WriteModel(DocumentWriter writer)
    {
        writer.Write(FeatureColumnField, FeatureColumnName);
        Model.Write(Host, writer);
    }
}
