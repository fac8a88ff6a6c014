using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Learns to predict a label from a whole series, and gives the hidden state at the end of each series in place of the prediction.</summary>
/// <remarks>
/// Label: a key of known count, Boolean or Single, which says what is learned. Output: a vector of Single, for instance for a trainer that takes other features beside it.
/// </remarks>
/// <example>
/// <code>
/// var courses = ml.Transforms.NeuralControlledDifferentialEquation(
///     new ControlledEquationOptions { LabelColumnName = "Died", TimeColumnName = "Day", InputColumnNames = ["Bilirubin", "Albumin"] }, "Course");
/// </code>
/// </example>
public sealed class SeriesFeatureEstimator : ControlledEquationEstimator<SeriesFeatureTransformer>
{
    private readonly string _outputColumnName;

    internal SeriesFeatureEstimator(IHostEnvironment environment, ControlledEquationOptions options, string outputColumnName)
        : base(environment, nameof(SeriesFeatureEstimator), options)
    {
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        _outputColumnName = outputColumnName;
    }

    private protected override LabelKind KindOf(SchemaShape.Column label) => LabelKind.Of(label);

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) =>
        [new SchemaShape.Column(_outputColumnName, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false)];

    private protected override SeriesFeatureTransformer CreateTransformer(ControlledEquationModelParameters model, DataViewSchema schema) => new(Host, model, _outputColumnName);
}
