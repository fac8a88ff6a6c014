using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Onnx;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Scores rows with a trained model from a feature vector to a label.</summary>
/// <remarks>
/// Rows are scored in batches as they are read. A row with an infinite feature, without one that no training row lacked, or with more than one level of a category that is embedded, gets NaN scores and a missing
/// predicted label, which is false where it is a Boolean. Prediction engines in several threads may share one transformer; each engine serves one thread.
/// </remarks>
/// <typeparam name="TModel">The trained model.</typeparam>
public abstract class PredictionTransformer<TModel> : ImplicitTransformer<TModel>, ISingleFeaturePredictionTransformer<TModel>, ISingleFeaturePredictionTransformer, IBinaryModel
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

    bool IBinaryModel.IsBinary => Model.Task is BinaryTask;

    string? IBinaryModel.OnnxObstacle => Model.OnnxObstacle;

    private protected override BatchMapper Mapper { get; }

    bool IBinaryModel.TryRead(in VBuffer<float> features, ref VBuffer<float> row)
    {
        using DisposalGate.Use use = Mapper.Hold();
        return Model.TryRead(in features, ref row);
    }

    void IBinaryModel.Score(VBuffer<float>[] rows, float[] scores)
    {
        using DisposalGate.Use use = Mapper.Hold();
        Model.Score(rows, rows.Length, scores);
    }

    IReadOnlyList<OnnxValue> IBinaryModel.Score(OnnxValue features)
    {
        using DisposalGate.Use use = Mapper.Hold();
        return Model.Score(features);
    }

    /// <summary>Makes a model that answers true above another score of this one.</summary>
    /// <typeparam name="TTransformer">The transformer.</typeparam>
    /// <param name="threshold">Score above which the predicted label is true.</param>
    /// <param name="create">Creates the transformer of a model that shares nothing with this one.</param>
    /// <exception cref="ArgumentException">The model predicts no Boolean, or the threshold is no number.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed of.</exception>
    private protected TTransformer WithThreshold<TTransformer>(float threshold, Func<TModel, TTransformer> create)
    {
        if (float.IsNaN(threshold))
        {
            throw new ArgumentException("The threshold must be a number.", nameof(threshold));
        }

        if (Model.Task is not BinaryTask)
        {
            throw new ArgumentException("The model predicts no Boolean: only a binary model has a threshold.", nameof(threshold));
        }

        using DisposalGate.Use use = Mapper.Hold();
        return create((TModel)Model.WithTask(new BinaryTask(threshold)));
    }

    private protected override void WriteModel(DocumentWriter writer)
    {
        writer.Write(FeatureColumnField, FeatureColumnName);
        Model.Write(Host, writer);
    }
}
