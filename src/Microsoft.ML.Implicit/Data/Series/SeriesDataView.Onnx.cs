using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Onnx;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.Implicit.Data;

/// <content>An ONNX file maps rows to rows; grouping is refused, for ML.NET's converter would leave it out without a word.</content>
internal sealed partial class SeriesDataView : ITransformCanSaveOnnx
{
    IDataView IDataTransform.Source => _source;

    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) =>
        throw OnnxRefusal.Create("GroupIntoSeries", "It makes one row of many, and an ONNX model maps each row by itself.");

    void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx) => ((ICanSaveOnnx)this).CanSaveOnnx(ctx);

    void ICanSaveModel.Save(ModelSaveContext ctx) => throw TransformedData.RefuseToSave();
}
