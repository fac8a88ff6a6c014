using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Persistence;
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

    public void Write(DocumentWriter writer)
    {
        FeatureLayoutFormat.Write(writer.Section("layout"), Layout);
        writer.Write("context", ContextCount);
        writer.Write("hidden_width", HiddenWidth);
        writer.Write("hidden_layers", HiddenLayers);
        writer.Write("activation", Activation);
        writer.Write("time", Time);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static NormalizingFlowArchitecture Read(DocumentReader reader)
    {
        var architecture = new NormalizingFlowArchitecture(
            FeatureLayoutFormat.Read(reader.Section("layout"), reader.TensorBytes),
            reader.Int32("context"),
            reader.Int32("hidden_width"),
            reader.Int32("hidden_layers"),
            reader.Enum<DynamicsActivation>("activation"),
            reader.Enum<FlowTimeConditioning>("time"));
        return architecture.IsPlausible(reader.TensorBytes) ? architecture : throw new FormatException("The model file describes an impossible flow.");
    }

    // Every number below has at least one stored number behind it, so sizes beyond the tensors' are refused before
    // anything is allocated for them.
    private bool IsPlausible(long tensorBytes) =>
        Layout.Count > 0 && ContextCount >= 0 && HiddenWidth > 0 && HiddenLayers is > 0 and <= 64
        && (long)Layout.LinearSlots.Count * Layout.LinearSlots.Count <= tensorBytes
        && (long)HiddenWidth * Math.Max(Layout.Manifold.Width, ContextCount) <= tensorBytes
        && (HiddenLayers == 1 || (long)HiddenWidth * HiddenWidth <= tensorBytes);
}
