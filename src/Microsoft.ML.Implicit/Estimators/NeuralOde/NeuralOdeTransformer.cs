using Microsoft.ML;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(NeuralOdeTransformer), null, typeof(SignatureLoadModel), "", NeuralOdeTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Scores rows with a trained neural ODE.</summary>
/// <remarks>
/// Rows are scored in batches as they are read, each with steps of its own. A row with an infinite feature, one without a feature that no training row lacked, one with more than one level of a category that is embedded, and one whose solve needs more steps
/// than allowed, gets NaN scores and a missing predicted label. Prediction engines in several threads may share one transformer; each engine serves
/// one thread.
/// </remarks>
public sealed class NeuralOdeTransformer : PredictionTransformer<NeuralOdeModelParameters>
{
    internal const string LoaderSignature = "NeuralOdeTransform";

    private const string EvaluationColumnField = "evaluation_column";

    private static readonly ModelFormat Format = new("NODMODEL", LoaderSignature);

    internal NeuralOdeTransformer(IHost host, NeuralOdeModelParameters model, string featureColumnName, string? evaluationColumnName)
        : base(host, Format, model, featureColumnName, evaluationColumnName) => EvaluationColumnName = evaluationColumnName;

    /// <summary>Column that what each row's solve evaluated is written to, or <see langword="null"/>.</summary>
    public string? EvaluationColumnName { get; }

    internal NeuralOdeTransformer WithThreshold(float threshold) =>
        WithThreshold(threshold, model => new NeuralOdeTransformer(Host, model, FeatureColumnName, EvaluationColumnName));

    private protected override void WriteModel(DocumentWriter writer)
    {
        base.WriteModel(writer);
        if (EvaluationColumnName is not null)
        {
            writer.Write(EvaluationColumnField, EvaluationColumnName);
        }
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Load(Format, env, ctx, (host, reader) =>
    {
        string featureColumnName = reader.Text(FeatureColumnField);
        string? evaluationColumnName = reader.OptionalText(EvaluationColumnField);
        return new NeuralOdeTransformer(host, NeuralOdeModelParameters.Read(host, reader), featureColumnName, evaluationColumnName);
    });
}
