using System.Numerics.Tensors;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Smooths signals into constant pieces (Rudin, Osher and Fatemi, 1992), exactly, by a weight that is given or learned from signals without noise.</summary>
/// <remarks>Output: the smoothed signal, a vector of Single as long as the signal; NaN where a signal is not finite. There is no ONNX form.</remarks>
public sealed class TotalVariationEstimator : ImplicitEstimator<TotalVariationTransformer>
{
    private readonly TotalVariationOptions _options;

    internal TotalVariationEstimator(IHostEnvironment environment, TotalVariationOptions options)
        : base(environment, nameof(TotalVariationEstimator), options) => _options = options;

    /// <summary>Checks the columns, and learns the weight where none is given.</summary>
    /// <param name="input">Rows of signals.</param>
    /// <returns>The transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing, or is no vector of numbers.</exception>
    /// <exception cref="InvalidOperationException">A signal and its target differ in length, or no row has both.</exception>
    public override TotalVariationTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        CheckColumns(SchemaShape.Create(input.Schema));
        double weight = _options.Weight ?? TotalVariationWeight.Learn(ReadPairs(input, _options.TargetColumnName!));
        return new TotalVariationTransformer(Host, new TotalVariationFunction(weight), _options.InputColumnName, _options.OutputColumnName);
    }

    private protected override void CheckColumns(SchemaShape schema)
    {
        SignalColumn.Check(schema, nameof(_options.InputColumnName), _options.InputColumnName);
        if (_options.TargetColumnName is { } target)
        {
            SignalColumn.Check(schema, nameof(_options.TargetColumnName), target);
        }
    }

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) =>
        [SignalColumn.Promise(_options.OutputColumnName, SignalColumn.Check(inputSchema, nameof(_options.InputColumnName), _options.InputColumnName))];

    private List<(double[] Signal, double[] Target)> ReadPairs(IDataView input, string targetColumnName)
    {
        DataViewSchema.Column signal = SignalColumn.Find(input.Schema, _options.InputColumnName), target = SignalColumn.Find(input.Schema, targetColumnName);
        var pairs = new List<(double[], double[])>();
        using DataViewRowCursor cursor = input.GetRowCursor([signal, target]);
        (Func<double[]> readSignal, Func<double[]> readTarget) = (PointReader.Create(cursor, signal), PointReader.Create(cursor, target));
        while (cursor.MoveNext())
        {
            (double[] values, double[] wanted) = (readSignal(), readTarget());
            if (values.Length != wanted.Length)
            {
                throw new InvalidOperationException(
                    $"Row {cursor.Position} has {values.Length} values in column '{signal.Name}' and {wanted.Length} in column '{target.Name}'.");
            }

            if (values.Length > 0 && TensorPrimitives.IsFiniteAll(values) && wanted.Any(double.IsFinite))
            {
                pairs.Add((values, wanted));
            }
        }

        return pairs.Count > 0
            ? pairs
            : throw new InvalidOperationException($"No row has a finite signal in column '{signal.Name}' and a value in column '{target.Name}': there is nothing to learn the weight from.");
    }
}
