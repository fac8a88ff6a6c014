using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Makes what maps a vector of every row to one of the same length.</summary>
/// <remarks>Output: a vector of Single as long as the input; NaN where a row is not finite. There is no ONNX form.</remarks>
/// <typeparam name="TTransformer">The transformer.</typeparam>
public abstract class SignalEstimator<TTransformer> : ImplicitEstimator<TTransformer>
    where TTransformer : SignalTransformer
{
    private const string InputSetting = nameof(SoftRankOptions.InputColumnName);

    private readonly string _inputColumnName;
    private readonly string _outputColumnName;

    private protected SignalEstimator(IHostEnvironment environment, string name, IEstimatorOptions options, string inputColumnName, string outputColumnName)
        : base(environment, name, options) => (_inputColumnName, _outputColumnName) = (inputColumnName, outputColumnName);

    /// <summary>Checks the columns, and learns what is not given.</summary>
    /// <param name="input">Rows of vectors.</param>
    /// <returns>The transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing, or is no vector of numbers.</exception>
    /// <exception cref="InvalidOperationException">There is nothing to learn from.</exception>
    public override TTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        CheckColumns(SchemaShape.Create(input.Schema));
        return Create(input);
    }

    private protected abstract TTransformer Create(IDataView input);

    private protected override void CheckColumns(SchemaShape schema) => PointColumn.Check(schema, InputSetting, _inputColumnName);

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema)
    {
        SchemaShape.Column input = PointColumn.Check(inputSchema, InputSetting, _inputColumnName);
        return [new SchemaShape.Column(_outputColumnName, input.Kind, NumberDataViewType.Single, isKey: false, new SchemaShape([]))];
    }
}
