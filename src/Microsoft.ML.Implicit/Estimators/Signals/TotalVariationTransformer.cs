using Microsoft.ML;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(TotalVariationTransformer), null, typeof(SignatureLoadModel), "", TotalVariationTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Smooths the signal of every row into constant pieces.</summary>
public sealed class TotalVariationTransformer : SignalTransformer
{
    internal const string LoaderSignature = "TotalVariation";

    private static readonly ModelFormat Format = new("TOTALVAR", LoaderSignature, usesNativeBackend: false);

    internal TotalVariationTransformer(IHost host, TotalVariationFunction function, string inputColumnName, string outputColumnName)
        : base(host, Format, function, inputColumnName, outputColumnName) => Weight = function.Weight;

    /// <summary>Weight of the total variation, given or learned, in units of the signals.</summary>
    public double Weight { get; }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Format.Load(env, ctx, (host, reader) =>
    {
        (string input, string output) = ReadColumns(reader);
        return new TotalVariationTransformer(host, TotalVariationFunction.Read(reader), input, output);
    });
}
