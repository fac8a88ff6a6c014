using Microsoft.ML;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(SoftRankTransformer), null, typeof(SignatureLoadModel), "", SoftRankTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Gives the soft ranks of the values of a vector of every row.</summary>
public sealed class SoftRankTransformer : SignalTransformer
{
    internal const string LoaderSignature = "SoftRank";

    private static readonly ModelFormat Format = new("SOFTRANK", LoaderSignature, usesNativeBackend: false);

    internal SoftRankTransformer(IHost host, SoftRankFunction function, string inputColumnName, string outputColumnName)
        : base(host, Format, function, inputColumnName, outputColumnName)
    {
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Format.Load(env, ctx, (host, reader) =>
    {
        (string input, string output) = ReadColumns(reader);
        return new SoftRankTransformer(host, SoftRankFunction.Read(reader), input, output);
    });
}
