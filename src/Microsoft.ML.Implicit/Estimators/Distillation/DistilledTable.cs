using Microsoft.ML.Implicit.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Rows that were distilled, in the data's own units and of its precision.</summary>
/// <param name="Features">A vector a row.</param>
/// <param name="Labels">Numbers, 0 or 1, or places of keys from 0.</param>
/// <param name="Weights">Example weights.</param>
internal sealed record DistilledTable(float[][] Features, float[] Labels, float[] Weights)
{
    /// <param name="rows">Rows as a linear model sees them.</param>
    /// <param name="scale">Units of the features.</param>
    /// <param name="loss">Unit of the labels.</param>
    public static DistilledTable Of(LinearRows rows, LinearScale scale, LinearLoss loss)
    {
        Tensor features = scale.Restore(rows.Features.narrow(1, 0, rows.Features.shape[1] - 1));
        float[][] vectors = [.. Enumerable.Range(0, (int)rows.Count).Select(row => Singles(features[row]))];
        return new DistilledTable(vectors, Singles(loss.Labels(rows.Targets)), Singles(rows.Weights));
    }

    /// <summary>The rows as a linear model sees them.</summary>
    public LinearRows Read(LinearScale scale, LinearLoss loss)
    {
        using Tensor features = tensor([.. Features.SelectMany(row => row)], [Features.Length, Features[0].Length]);
        using Tensor labels = tensor(Labels), weights = tensor(Weights);
        using var set = new TrainingSet(features, labels, weights, null);
        return LinearRows.Of(set, scale, loss);
    }

    /// <summary>The rows as a data view with the columns of another that a trainer reads.</summary>
    public IDataView ToDataView(DataViewSchema schema, string featureColumn, string labelColumn, string? weightColumn)
    {
        ArrayColumn[] columns = [ArrayColumn.OfVectors(schema[featureColumn], Features), ArrayColumn.OfLabels(schema[labelColumn], Labels)];
        return new ArrayDataView(weightColumn is null ? columns : [.. columns, ArrayColumn.OfNumbers(schema[weightColumn], Weights)], Features.Length);
    }

    private static float[] Singles(Tensor values) => values.to(ScalarType.Float32).contiguous().data<float>().ToArray();
}
