using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about a latent network before its parameters can be read.</summary>
internal abstract record LatentArchitecture(LatentSettings Settings)
{
    /// <summary>Tensors of a network that files of earlier versions lack.</summary>
    public virtual IEnumerable<string> AddedTensors => [];

    public LatentNetwork CreateNetwork(SeriesScaling scaling, Generator generator)
    {
        var sizes = new LatentOdeSizes(
            scaling.FeatureCount, scaling.TargetFeatureCount, scaling.CovariateCount, scaling.Variables.Length, Settings.LatentWidth, Settings.HiddenWidth);
        return CreateNetwork(CreateEncoder(sizes.Features, generator), sizes, generator);
    }

    public virtual void Write(DocumentWriter writer) => Settings.Write(writer);

    /// <exception cref="FormatException">A value is out of range.</exception>
    protected static T Checked<T>(T architecture, DocumentReader reader)
        where T : LatentArchitecture =>
        architecture.IsPlausible(reader.TensorBytes) ? architecture : throw new FormatException("The model file describes an impossible network.");

    protected abstract LatentNetwork CreateNetwork(SeriesEncoder encoder, LatentOdeSizes sizes, Generator generator);

    protected virtual bool IsPlausible(long tensorBytes) => Settings.ArePlausible(tensorBytes);

    private SeriesEncoder CreateEncoder(int features, Generator generator) => Settings.Encoder switch
    {
        SeriesEncoderKind.OdeRnn => new OdeRnnEncoder(features, Settings.HiddenWidth, generator),
        SeriesEncoderKind.GruOdeBayes => new GruOdeBayesEncoder(features, Settings.HiddenWidth, generator),
        SeriesEncoderKind.ControlledDifferentialEquation => new ControlledEncoder(features, Settings.HiddenWidth, generator),
        _ => new GruEncoder(features, Settings.HiddenWidth, generator),
    };
}
