using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about a network before its parameters can be read.</summary>
internal sealed record LatentOdeArchitecture(SeriesEncoderKind Encoder, LatentAnchor Anchor, int LatentWidth, int HiddenWidth, int SolverSteps, int ContextLength)
{
    public LatentOdeArchitecture(LatentOdeOptions options)
        : this(options.Encoder, options.Anchor, options.LatentWidth, options.HiddenWidth, options.SolverSteps, options.ContextLength)
    {
    }

    public LatentOdeNetwork CreateNetwork(SeriesScaling scaling, Generator generator)
    {
        var sizes = new LatentOdeSizes(
            scaling.FeatureCount, scaling.TargetFeatureCount, scaling.CovariateCount, scaling.Variables.Length, LatentWidth, HiddenWidth);
        return new LatentOdeNetwork(CreateEncoder(sizes.Features, generator), sizes, generator);
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("encoder", Encoder);
        writer.Write("anchor", Anchor);
        writer.Write("latent_width", LatentWidth);
        writer.Write("hidden_width", HiddenWidth);
        writer.Write("solver_steps", SolverSteps);
        writer.Write("context_length", ContextLength);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static LatentOdeArchitecture Read(DocumentReader reader)
    {
        var architecture = new LatentOdeArchitecture(
            reader.Enum<SeriesEncoderKind>("encoder"),
            reader.Enum<LatentAnchor>("anchor"),
            reader.Int32("latent_width"),
            reader.Int32("hidden_width"),
            reader.Int32("solver_steps"),
            reader.Int32("context_length"));
        return architecture.IsPlausible(reader.TensorBytes) ? architecture : throw new FormatException("The model file describes an impossible network.");
    }

    private SeriesEncoder CreateEncoder(int features, Generator generator) => Encoder switch
    {
        SeriesEncoderKind.OdeRnn => new OdeRnnEncoder(features, HiddenWidth, generator),
        SeriesEncoderKind.GruOdeBayes => new GruOdeBayesEncoder(features, HiddenWidth, generator),
        SeriesEncoderKind.ControlledDifferentialEquation => new ControlledEncoder(features, HiddenWidth, generator),
        _ => new GruEncoder(features, HiddenWidth, generator),
    };

    // Layers have more than one parameter of four bytes for each unit, so sizes beyond the tensors' are refused
    // before anything is allocated for them.
    private bool IsPlausible(long tensorBytes) =>
        LatentWidth > 0 && HiddenWidth > 0
        && (long)LatentWidth * HiddenWidth <= tensorBytes
        && (long)HiddenWidth * HiddenWidth <= tensorBytes
        && SolverSteps is >= 1 and <= 4096 && ContextLength is >= 1 and <= 65536;
}
