using Microsoft.ML;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(DeepEquilibriumTransformer), null, typeof(SignatureLoadModel), "", DeepEquilibriumTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Scores rows with a trained deep-equilibrium model.</summary>
/// <remarks>
/// Rows are scored in batches as they are read. A row with an infinite feature, without one that no training row lacked, or with more than one level of a category that is embedded, gets NaN scores and a missing
/// predicted label, which is false where it is a Boolean. Prediction engines in several threads may share one transformer; each engine serves one thread.
/// </remarks>
public sealed class DeepEquilibriumTransformer : PredictionTransformer<DeepEquilibriumModelParameters>
{
    internal const string LoaderSignature = "DeepEquilibriumTransform";

    private static readonly ModelFormat Format = new("DEQMODEL", LoaderSignature, version: 0x00010004, oldestVersion: 0x00010003, DeepEquilibriumPositional.Read);

    internal DeepEquilibriumTransformer(IHost host, DeepEquilibriumModelParameters model, string featureColumnName)
        : base(host, Format, model, featureColumnName)
    {
    }

    internal DeepEquilibriumTransformer WithThreshold(float threshold) =>
        WithThreshold(threshold, model => new DeepEquilibriumTransformer(Host, model, FeatureColumnName));

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Load(Format, env, ctx, (host, reader) =>
    {
        string featureColumnName = reader.Text(FeatureColumnField);
        return new DeepEquilibriumTransformer(host, DeepEquilibriumModelParameters.Read(host, reader), featureColumnName);
    });
}
