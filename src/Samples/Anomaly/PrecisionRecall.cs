namespace Microsoft.ML.Implicit.Samples.Anomaly;

/// <summary>Precision against recall as the threshold falls from the highest score to the lowest.</summary>
/// <param name="Recall">Share of the anomalies that are flagged.</param>
/// <param name="Precision">Share of the flagged rows that are anomalies.</param>
/// <param name="AveragePrecision">Precision averaged over the steps of recall.</param>
internal sealed record PrecisionRecall(double[] Recall, double[] Precision, double AveragePrecision)
{
    public static PrecisionRecall Of(IEnumerable<(float Score, bool IsAnomaly)> rows)
    {
        bool[] anomalies = [.. rows.OrderByDescending(row => row.Score).Select(row => row.IsAnomaly)];
        int total = anomalies.Count(isAnomaly => isAnomaly);
        double[] recall = new double[anomalies.Length], precision = new double[anomalies.Length];
        int found = 0;
        double average = 0;
        for (int i = 0; i < anomalies.Length; i++)
        {
            found += anomalies[i] ? 1 : 0;
            (recall[i], precision[i]) = (found / (double)total, found / (i + 1.0));
            average += anomalies[i] ? precision[i] / total : 0;
        }

        return new PrecisionRecall(recall, precision, average);
    }
}
