using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(LatentOdeTransformer), null, typeof(SignatureLoadModel), "", LatentOdeTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Forecasts series with a trained latent ODE, one series a row.</summary>
/// <remarks>
/// Series are forecast in batches as rows are read. A row without any observation, and times before a row's last
/// observation, get NaN. Observations out of order are sorted, those at one time become one, in which each variable has the
/// mean of its values, and observations without a finite time are left out, as in training. Times at which nothing was observed
/// change no forecast at a given time, but times ahead are counted from the last of all. A variable that was not observed for longer than was
/// usual in training is forecast from its own last value on, and gets NaN where that lies too far back. A time to forecast at that is not finite, or
/// lies more than 1000 times <see cref="ForecastModelParameters.TrainedHorizon"/> after a row's last observation, is an
/// <see cref="ArgumentException"/> that names the row. Prediction engines in several threads may share one transformer; each engine
/// serves one thread.
/// </remarks>
public sealed class LatentOdeTransformer : ForecastTransformer<LatentOdeModelParameters>
{
    internal const string LoaderSignature = "LatentOdeTransform";

    private static readonly ModelFormat Format = new("LATNTODE", LoaderSignature, version: 0x00010003, oldestVersion: 0x00010001, LatentOdePositional.Read);

    internal LatentOdeTransformer(IHost host, LatentOdeModelParameters model, SeriesColumns input, ForecastColumns output)
        : base(host, Format, model, input, output)
    {
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) =>
        Load(Format, env, ctx, LatentOdeModelParameters.Read, (host, model, input, output) => new LatentOdeTransformer(host, model, input, output));
}
