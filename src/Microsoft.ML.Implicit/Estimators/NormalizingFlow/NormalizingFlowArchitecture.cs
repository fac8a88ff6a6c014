using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using TorchSharp;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about a flow before its parameters can be read.</summary>
internal sealed record NormalizingFlowArchitecture(
    FeatureLayout Layout, int ContextCount, int HiddenWidth, int HiddenLayers, DynamicsActivation Activation, FlowTimeConditioning Time)
{
    public FlowDynamics CreateDynamics(torch.Generator generator)
    {
        long[] widths = new long[HiddenLayers];
        Array.Fill(widths, HiddenWidth);
        return new FlowDynamics(Layout.Manifold.Width, widths, generator, Activation, Time, ContextCount);
    }

    public void Write(BinaryWriter writer)
    {
        FeatureLayoutFormat.Write(writer, Layout);
        writer.Write(ContextCount);
        writer.Write(HiddenWidth);
        writer.Write(HiddenLayers);
        writer.Write((byte)Activation);
        writer.Write((byte)Time);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static NormalizingFlowArchitecture Read(BinaryReader reader)
    {
        var architecture = new NormalizingFlowArchitecture(
            FeatureLayoutFormat.Read(reader),
            reader.ReadInt32(),
            reader.ReadInt32(),
            reader.ReadInt32(),
            (DynamicsActivation)reader.ReadByte(),
            (FlowTimeConditioning)reader.ReadByte());
        return architecture.IsPlausible(reader.BaseStream.Length)
            ? architecture
            : throw new FormatException("The model file describes an impossible flow.");
    }

    // Every number below has at least one stored number behind it, so sizes beyond the file's length are refused before
    // anything is allocated for them.
    private bool IsPlausible(long fileLength) =>
        Enum.IsDefined(Activation)
        && Enum.IsDefined(Time)
        && Layout.Count > 0 && ContextCount >= 0 && HiddenWidth > 0 && HiddenLayers is > 0 and <= 64
        && (long)Layout.LinearSlots.Count * Layout.LinearSlots.Count <= fileLength
        && (long)HiddenWidth * Math.Max(Layout.Manifold.Width, ContextCount) <= fileLength
        && (HiddenLayers == 1 || (long)HiddenWidth * HiddenWidth <= fileLength);
}
