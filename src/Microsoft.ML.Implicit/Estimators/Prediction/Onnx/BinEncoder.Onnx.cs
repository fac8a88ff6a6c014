using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The encoder within an ONNX file.</content>
internal sealed partial class BinEncoder
{
    public override OnnxValue Encode(OnnxValue features)
    {
        if (Levels.Count == 0)
        {
            return EncodeNumbers(features);
        }

        OnnxValue places = features.Slice(1, NumberCount, NumberCount + Levels.Count);
        return NumberCount == 0 ? places : OnnxValue.Concatenate(1, EncodeNumbers(features.Slice(1, 0, NumberCount)), places);
    }

    private OnnxValue EncodeNumbers(OnnxValue features)
    {
        OnnxGraph graph = features.Graph;
        OnnxValue values = MissingCount == 0 ? features : features.IsNaN().Where(graph.Constant(_center), features);
        OnnxValue scaled = Scale(values, graph.Constant(_center), graph.Constant(_factor));
        List<OnnxValue> inputs = [Clip(scaled), Tails(scaled)];
        if (BinCount > 0)
        {
            inputs.Add(Scale(values.Gather(1, graph.Constant(_binFeatures)), graph.Constant(_binStarts), graph.Constant(_binFactors)).Clamp(0, 1) - 0.5);
        }

        if (MissingCount > 0)
        {
            inputs.Add(features.Gather(1, graph.Constant(_missingFeatures)).IsNaN().To(OnnxType.Single));
        }

        return OnnxValue.Concatenate(1, [.. inputs]);
    }
}
