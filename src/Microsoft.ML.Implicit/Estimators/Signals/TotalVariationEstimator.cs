using System.Numerics.Tensors;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Smooths signals into constant pieces (Rudin, Osher and Fatemi, 1992), exactly, by a weight that is given or learned from signals without noise.</summary>
/// <remarks>Output: the smoothed signal, a vector of Single as long as the signal; NaN where a signal is not finite. There is no ONNX form.</remarks>
public sealed class TotalVariationEstimator : SignalEstimator<TotalVariationTransformer>
{
    private readonly TotalVariationOptions _options;

    internal TotalVariationEstimator(IHostEnvironment environment, TotalVariationOptions options)
        : base(environment, nameof(TotalVariationEstimator), options, options.InputColumnName, options.OutputColumnName) => _options = options;

    private protected override void CheckColumns(SchemaShape schema)
    {
        base.CheckColumns(schema);
        if (_options.TargetColumnName is { } target)
        {
            PointColumn.Check(schema, nameof(_options.TargetColumnName), target);
        }
    }

    private protected override TotalVariationTransformer Create(IDataView input)
    {
        double weight = _options.Weight ?? TotalVariationWeight.Learn(ReadPairs(input, _options.TargetColumnName!));
        return new TotalVariationTransformer(Host, new TotalVariationFunction(weight), _options.InputColumnName, _options.OutputColumnName);
    }

    private List<(double[] Signal, double[] Target)> ReadPairs(IDataView input, string targetColumnName)
    {
        DataViewSchema.Column signal = PointColumn.Find(input.Schema, _options.InputColumnName), target = PointColumn.Find(input.Schema, targetColumnName);
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
