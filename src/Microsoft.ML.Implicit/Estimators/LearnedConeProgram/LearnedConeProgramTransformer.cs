using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(LearnedConeProgramTransformer), null, typeof(SignatureLoadModel), "", LearnedConeProgramTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts parameters of each row's cone program and solves it.</summary>
/// <remarks>
/// Rows are evaluated in batches as they are read, each as if it were alone. A row with a NaN or infinite feature counts as unsolved.
/// Prediction engines in several threads may share one transformer.
/// </remarks>
public sealed class LearnedConeProgramTransformer : ImplicitTransformer<LearnedConeProgramModelParameters>
{
    internal const string LoaderSignature = "LearnedConeProgram";

    private static readonly ModelFormat Format = new("LRNDCONE", LoaderSignature);

    private readonly ConeProgramModel _model;
    private readonly string _featureColumnName;

    internal LearnedConeProgramTransformer(IHost host, ConeProgramModel model, string featureColumnName, LearnedConeProgramModelParameters learned)
        : base(host, Format, learned)
    {
        (_model, _featureColumnName) = (model, featureColumnName);
        Mapper = new LearnedConeProgramMapper(model, featureColumnName, learned);
    }

    private protected override BatchMapper Mapper { get; }

    private protected override void WriteModel(DocumentWriter writer)
    {
        _model.Write(writer.Section("decision"));
        writer.Write("feature_column", _featureColumnName);
        Model.Write(writer);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Load(Format, env, ctx, (host, reader) =>
    {
        ConeProgramModel model = ConeProgramModel.Read(reader.Section("decision"));
        string featureColumnName = reader.Text("feature_column");
        return new LearnedConeProgramTransformer(host, model, featureColumnName, LearnedConeProgramModelParameters.Read(reader, new LearnedParameters([.. model.Learned])));
    });
}
