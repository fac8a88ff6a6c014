using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Onnx;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.Implicit.Data;

/// <content>How ML.NET's converter finds the mapper: it walks back from view to view.</content>
internal sealed partial class BatchedDataView : ITransformCanSaveOnnx
{
    IDataView IDataTransform.Source => _source;

    // ML.NET would go on without what cannot be saved and name no reason, in the log alone.
    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => OnnxObstacle is { } reason ? throw OnnxRefusal.Create(MapperName, reason) : true;

    void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx)
    {
        IReadOnlyList<DataViewSchema.DetachedColumn> columns = _mapper.GetOutputColumns(_source.Schema);
        if (_mapper.InputColumnNames.FirstOrDefault(name => !ctx.ContainsColumn(name)) is { } missing)
        {
            throw OnnxRefusal.Create(MapperName, $"What makes its input '{missing}' is not in the ONNX model.");
        }

        using DisposalGate.Use use = _mapper.Hold();
        var graph = new OnnxGraph(ctx, MapperName);
        IReadOnlyList<OnnxValue> values = ((IOnnxExportable)_mapper).WriteTo(graph, _source.Schema);
        for (int i = 0; i < columns.Count; i++)
        {
            graph.AddColumn(columns[i], values[i]);
        }
    }

    void ICanSaveModel.Save(ModelSaveContext ctx) => throw TransformedData.RefuseToSave();

    private string MapperName => _mapper.GetType().Name.Replace("Mapper", "", StringComparison.Ordinal);

    private string? OnnxObstacle => _mapper is IOnnxExportable exportable ? exportable.OnnxObstacle : "This kind of model has no ONNX form.";
}
