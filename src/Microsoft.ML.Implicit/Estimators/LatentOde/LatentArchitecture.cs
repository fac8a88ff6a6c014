using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about a latent network before its parameters can be read.</summary>
internal abstract record LatentArchitecture(SeriesEncoderKind Encoder, LatentAnchor Anchor, int LatentWidth, int HiddenWidth, int SolverSteps, int ContextLength)
{
    /// <summary>Tensors of a network that files of earlier versions lack.</summary>
    public virtual IEnumerable<string> AddedTensors => [];

    public LatentNetwork CreateNetwork(SeriesScaling scaling, Generator generator)
    {
        var sizes = new LatentOdeSizes(
            scaling.FeatureCount, scaling.TargetFeatureCount, scaling.CovariateCount, scaling.Variables.Length, LatentWidth, HiddenWidth);
        return CreateNetwork(CreateEncoder(sizes.Features, generator), sizes, generator);
    }

    public virtual void Write(DocumentWriter writer)
    {
        writer.Write("encoder", Encoder);
        writer.Write("anchor", Anchor);
        writer.Write("latent_width", LatentWidth);
        writer.Write("hidden_width", HiddenWidth);
        writer.Write("solver_steps", SolverSteps);
        writer.Write("context_length", ContextLength);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    protected static T Checked<T>(T architecture, DocumentReader reader)
        where T : LatentArchitecture =>
        architecture.IsPlausible(reader.TensorBytes) ? architecture : throw new FormatException("The model file describes an impossible network.");

    protected abstract LatentNetwork CreateNetwork(SeriesEncoder encoder, LatentOdeSizes sizes, Generator generator);

    // Layers have more than one parameter of four bytes for each unit, so sizes beyond the tensors' are refused
    // before anything is allocated for them.
    protected virtual bool IsPlausible(long tensorBytes) =>
        LatentWidth > 0 && HiddenWidth > 0
        && (long)LatentWidth * HiddenWidth <= tensorBytes
        && (long)HiddenWidth * HiddenWidth <= tensorBytes
        && SolverSteps is >= 1 and <= 4096 && ContextLength is >= 1 and <= 65536;

    private SeriesEncoder CreateEncoder(int features, Generator generator) => Encoder switch
    {
        SeriesEncoderKind.OdeRnn => new OdeRnnEncoder(features, HiddenWidth, generator),
        SeriesEncoderKind.GruOdeBayes => new GruOdeBayesEncoder(features, HiddenWidth, generator),
        SeriesEncoderKind.ControlledDifferentialEquation => new ControlledEncoder(features, HiddenWidth, generator),
        _ => new GruEncoder(features, HiddenWidth, generator),
    };
}
