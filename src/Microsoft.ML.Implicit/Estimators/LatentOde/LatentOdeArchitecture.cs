using Microsoft.ML.Implicit.Layers.LatentOde;
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
            scaling.FeatureCount, scaling.TargetFeatureCount, scaling.CovariateCenters.Length, scaling.Variables.Length, LatentWidth, HiddenWidth);
        return new LatentOdeNetwork(CreateEncoder(sizes.Features, generator), sizes, generator);
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write((byte)Encoder);
        writer.Write((byte)Anchor);
        writer.Write(LatentWidth);
        writer.Write(HiddenWidth);
        writer.Write(SolverSteps);
        writer.Write(ContextLength);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static LatentOdeArchitecture Read(BinaryReader reader)
    {
        var architecture = new LatentOdeArchitecture(
            (SeriesEncoderKind)reader.ReadByte(), (LatentAnchor)reader.ReadByte(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        return architecture.IsPlausible(reader.BaseStream.Length)
            ? architecture
            : throw new FormatException("The model file describes an impossible network.");
    }

    private SeriesEncoder CreateEncoder(int features, Generator generator) => Encoder switch
    {
        SeriesEncoderKind.OdeRnn => new OdeRnnEncoder(features, HiddenWidth, generator),
        SeriesEncoderKind.GruOdeBayes => new GruOdeBayesEncoder(features, HiddenWidth, generator),
        SeriesEncoderKind.ControlledDifferentialEquation => new ControlledEncoder(features, HiddenWidth, generator),
        _ => new GruEncoder(features, HiddenWidth, generator),
    };

    // Layers have more than one parameter of four bytes for each unit, so sizes beyond the file's length are refused
    // before anything is allocated for them.
    private bool IsPlausible(long fileLength) =>
        Enum.IsDefined(Encoder)
        && Enum.IsDefined(Anchor)
        && LatentWidth > 0 && HiddenWidth > 0
        && (long)LatentWidth * HiddenWidth <= fileLength
        && (long)HiddenWidth * HiddenWidth <= fileLength
        && SolverSteps is >= 1 and <= 4096 && ContextLength is >= 1 and <= 65536;
}
