using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(LatentSdeTransformer), null, typeof(SignatureLoadModel), "", LatentSdeTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Forecasts series with a trained latent SDE, one series a row.</summary>
/// <remarks>
/// As <see cref="LatentOdeTransformer"/> in all that concerns rows, times and bounds. Forecasts are means of simulated paths, whose noise is the same for each row and
/// each call. The paths themselves are given by <see cref="ImplicitCatalog.SimulateSde"/>.
/// </remarks>
public sealed class LatentSdeTransformer : ForecastTransformer<LatentSdeModelParameters>
{
    internal const string LoaderSignature = "LatentSdeTransform";

    private static readonly ModelFormat Format = new("LATNTSDE", LoaderSignature);

    internal LatentSdeTransformer(IHost host, LatentSdeModelParameters model, SeriesColumns input, ForecastColumns output)
        : base(host, Format, model, input, output)
    {
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) =>
        Load(Format, env, ctx, LatentSdeModelParameters.Read, (host, model, input, output) => new LatentSdeTransformer(host, model, input, output));
}
