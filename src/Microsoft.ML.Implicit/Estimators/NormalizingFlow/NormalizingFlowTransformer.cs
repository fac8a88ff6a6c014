using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(NormalizingFlowTransformer), null, typeof(SignatureLoadModel), "", NormalizingFlowTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Scores rows with a trained normalizing flow.</summary>
/// <remarks>
/// Rows are scored in batches as they are read. A row with a NaN or infinite value in its features or context gets NaN for its
/// score and log density, and counts as no anomaly. A finite row far outside the training range scores the higher the further out it lies,
/// at most the largest finite Single. Neither changes what rows within that range get. A row with an angle out of range or a vector that is
/// no unit vector, where the model has such features, is refused with an <see cref="InvalidOperationException"/> that names it.
/// </remarks>
public sealed class NormalizingFlowTransformer
    : ImplicitTransformer<NormalizingFlowModelParameters>, ISingleFeaturePredictionTransformer<NormalizingFlowModelParameters>, ISingleFeaturePredictionTransformer
{
    internal const string LoaderSignature = "NormalizingFlow";

    private static readonly ModelFormat Format = new("CNFMODEL", LoaderSignature, version: 0x00010004, oldestVersion: 0x00010003, NormalizingFlowPositional.Read);

    internal NormalizingFlowTransformer(IHost host, NormalizingFlowModelParameters model, string featureColumnName, string? contextColumnName)
        : base(host, Format, model)
    {
        FeatureColumnName = featureColumnName;
        ContextColumnName = contextColumnName;
        Mapper = new NormalizingFlowMapper(model, featureColumnName, contextColumnName);
    }

    /// <inheritdoc cref="ISingleFeaturePredictionTransformer{TModel}.FeatureColumnName"/>
    public string FeatureColumnName { get; }

    /// <summary>Column that the density is conditioned on, or <see langword="null"/>.</summary>
    public string? ContextColumnName { get; }

    /// <inheritdoc cref="ISingleFeaturePredictionTransformer{TModel}.FeatureColumnType"/>
    public DataViewType FeatureColumnType => new VectorDataViewType(NumberDataViewType.Single, Model.FeatureCount);

    private protected override BatchMapper Mapper { get; }

    internal NormalizingFlowTransformer WithThreshold(float threshold) => new(Host, Model.WithThreshold(threshold), FeatureColumnName, ContextColumnName);

    private protected override void WriteModel(DocumentWriter writer)
    {
        writer.Write("feature_column", FeatureColumnName);
        writer.Write("context_column", ContextColumnName);
        Model.Write(writer);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Load(Format, env, ctx, (host, reader) =>
    {
        (string feature, string? context) = (reader.Text("feature_column"), reader.OptionalText("context_column"));
        return new NormalizingFlowTransformer(host, NormalizingFlowModelParameters.Read(host, reader), feature, context);
    });
}
