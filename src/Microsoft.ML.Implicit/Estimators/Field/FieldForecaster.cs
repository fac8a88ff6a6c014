using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Learns the partial differential equation that fields on a grid follow, by the method of lines: parts of known form with coefficients that are given or learned, and a local network of
/// the field and its derivatives for what they leave open. It is fitted by solving the equation from one row to those that follow.
/// </summary>
/// <remarks>
/// Each row holds a field at a time. For training, rows are grouped into series and put into the order of time, whatever their order and distances. The equation does not depend on time: a forecast needs
/// a row's field alone. Coefficients are found by least squares through the solver; the network is trained by gradients only where they do not suffice. There is no ONNX form.
/// </remarks>
public sealed class FieldForecaster : ImplicitTrainer<FieldTransformer, FieldModelParameters>
{
    private readonly FieldOptions _options;

    internal FieldForecaster(IHostEnvironment environment, FieldOptions options)
        : base(environment, nameof(FieldForecaster), options) => _options = options;

    private protected override void CheckColumns(SchemaShape schema)
    {
        InputColumns.CheckVector(schema, nameof(_options.InputColumnName), _options.InputColumnName);
        SeriesGrouping.CheckTime(schema, nameof(_options.TimeColumnName), _options.TimeColumnName);
        if (_options.SeriesColumnName is { } series)
        {
            SeriesGrouping.CheckSeries(schema, nameof(_options.SeriesColumnName), series);
        }

        InputColumns.CheckWeight(schema, _options.ExampleWeightColumnName);
    }

    private protected override void CheckData(DataViewSchema schema)
    {
        base.CheckData(schema);
        int points = _options.Grid!.PointCount;
        int size = schema[_options.InputColumnName].Type.GetVectorSize();
        Setting.Require(size == points, nameof(_options.InputColumnName), $"names column '{_options.InputColumnName}', which holds {size} values, and {nameof(_options.Grid)} has {points} points");
    }

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) =>
        [new SchemaShape.Column(_options.OutputColumnName, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false)];

    private protected override IModelTraining<FieldModelParameters> CreateTraining(DataViewSchema schema, TrainingRun run) => new FieldTraining(_options, run);

    private protected override FieldTransformer CreateTransformer(FieldModelParameters model, DataViewSchema schema) =>
        new(Host, model, _options.InputColumnName, _options.OutputColumnName, [.. _options.Horizon]);
}
