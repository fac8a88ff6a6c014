using Microsoft.ML.Implicit.Onnx;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The model within the ONNX file of one that ML.NET makes of several.</content>
internal sealed partial class BinaryPredictor : ISingleCanSaveOnnx
{
    public bool CanSaveOnnx(OnnxContext ctx) => model.OnnxObstacle is { } reason ? throw OnnxRefusal.Create(nameof(BinaryPredictor), reason) : true;

    public bool SaveAsOnnx(OnnxContext ctx, string[] outputNames, string featureColumn)
    {
        var graph = new OnnxGraph(ctx, nameof(BinaryPredictor));
        OnnxType[] types = [OnnxType.UInt32, OnnxType.Single, OnnxType.Single];
        foreach ((string name, OnnxValue value, OnnxType type) in outputNames.Zip(model.Score(graph.Variable(featureColumn)), types))
        {
            graph.Assign(name, value, type);
        }

        return true;
    }
}
