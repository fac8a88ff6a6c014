using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(SeriesFeatureTransformer), null, typeof(SignatureLoadModel), "", SeriesFeatureTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Gives the hidden state of a trained model at the end of each row's series: a vector of Single that tells what of the series a label depends on.</summary>
/// <remarks>The states of all networks, one after another; NaN for a row without any observation. Rows are read as by <see cref="ControlledEquationTransformer"/>.</remarks>
public sealed class SeriesFeatureTransformer : ImplicitTransformer<ControlledEquationModelParameters>
{
    internal const string LoaderSignature = "SeriesFeatures";

    private static readonly ModelFormat Format = new("SERIESFT", LoaderSignature);

    private readonly string _outputColumnName;

    internal SeriesFeatureTransformer(IHost host, ControlledEquationModelParameters model, string outputColumnName)
        : base(host, Format, model)
    {
        _outputColumnName = outputColumnName;
        Mapper = new SeriesFeatureMapper(model, outputColumnName);
    }

    private protected override BatchMapper Mapper { get; }

    private protected override void WriteModel(DocumentWriter writer)
    {
        writer.Write("feature_column", _outputColumnName);
        Model.Write(Host, writer);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Load(Format, env, ctx, (host, reader) =>
    {
        string outputColumnName = reader.Text("feature_column");
        return new SeriesFeatureTransformer(host, ControlledEquationModelParameters.Read(host, reader), outputColumnName);
    });
}
