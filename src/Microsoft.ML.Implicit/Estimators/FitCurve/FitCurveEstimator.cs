using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Fits a curve to the points of every row by nonlinear least squares. Rows are fitted when they are read: <see cref="Fit"/> only checks the columns.</summary>
/// <remarks>
/// Output: as asked for, the parameters and their standard errors (vectors with the parameters' names), their covariance (matrix), the deviation of the residuals (scalar) and the
/// fitted values (vector), all of them Single or Double as <see cref="FitCurveOptions.OutputKind"/> says, and the status (text). Fits are made in float64. There is no ONNX form.
/// </remarks>
public sealed class FitCurveEstimator : ImplicitEstimator<FitCurveTransformer>
{
    private readonly FitCurveOptions _options;
    private readonly FitCurveModel _model;

    internal FitCurveEstimator(IHostEnvironment environment, FitCurveOptions options)
        : base(environment, nameof(FitCurveEstimator), options) => (_options, _model) = (options, FitCurveModel.Create(options));

    /// <summary>Checks that the columns fit the curve.</summary>
    /// <param name="input">Rows with the columns of inputs and values.</param>
    /// <returns>The transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing, has another type or length than the curve needs, or has the name of a parameter.</exception>
    public override FitCurveTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        CheckColumns(SchemaShape.Create(input.Schema));
        var transformer = new FitCurveTransformer(Host, _model);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    private protected override void CheckColumns(SchemaShape schema)
    {
        foreach (string input in _options.Inputs)
        {
            PointColumn.Check(schema, _options.SettingOf(input), _options.ColumnOf(input), mayBeScalar: true);
        }

        foreach (string parameter in _model.Fitter.Curve.Parameters)
        {
            bool isColumn = schema.TryFindColumn(parameter, out _);
            Setting.Require(!isColumn, nameof(_options.Expression), $"has the name of the column '{parameter}', which is none of the Inputs and would be fitted: add it to them, or give the parameter another name");
        }

        PointColumn.Check(schema, nameof(_options.ValueColumnName), _options.ValueColumnName);
        if (_options.WeightColumnName is { } weights)
        {
            PointColumn.Check(schema, nameof(_options.WeightColumnName), weights);
        }
    }

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) => _model.Outputs.Select(output => Promise(output.Part, output.Name));

    private SchemaShape.Column Promise(FitCurvePart part, string name)
    {
        DataViewType type = _model.TypeOf(part);
        SchemaShape.Column.VectorKind kind = type is not VectorDataViewType vector ? SchemaShape.Column.VectorKind.Scalar
            : vector.IsKnownSize ? SchemaShape.Column.VectorKind.Vector
            : SchemaShape.Column.VectorKind.VariableVector;
        SchemaShape.Column[] annotations = FitCurveModel.HasParameterSlots(part)
            ? [new SchemaShape.Column(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, isKey: false)]
            : [];
        return new SchemaShape.Column(name, kind, type.GetItemType(), isKey: false, new SchemaShape(annotations));
    }
}
