namespace Microsoft.ML.Implicit.Benchmarks.Quality.Anomalies;

/// <summary>Normal rows to train on, and rows of both kinds to test on.</summary>
/// <param name="Train">[rows][columns], in the units of the table.</param>
/// <param name="Test">[rows][columns].</param>
/// <param name="AreAnomalies">Which rows of <paramref name="Test"/> are anomalies.</param>
internal sealed record AnomalySplit(float[][] Train, float[][] Test, bool[] AreAnomalies)
{
    /// <summary>Rows whose columns have mean 0 and deviation 1 among the training rows; columns that are constant there are left out.</summary>
    public (double[][] Train, double[][] Test) Standardise()
    {
        var columns = new List<(int Index, double Mean, double Deviation)>();
        for (int j = 0; j < Train[0].Length; j++)
        {
            double mean = Train.Average(row => (double)row[j]);
            double deviation = Math.Sqrt(Train.Average(row => (row[j] - mean) * (row[j] - mean)));
            if (deviation > 1e-9 * (1 + Math.Abs(mean)))
            {
                columns.Add((j, mean, deviation));
            }
        }

        return (Array.ConvertAll(Train, Scale), Array.ConvertAll(Test, Scale));

        double[] Scale(float[] row) => [.. columns.Select(column => (row[column.Index] - column.Mean) / column.Deviation)];
    }

    /// <summary>
    /// Area under the ROC curve of scores of the test rows: the chance that an anomaly scores higher than a normal row, ties counting half.
    /// </summary>
    public double Area(IReadOnlyList<double> scores)
    {
        // The rank sum of Mann and Whitney, 1947; equal scores share the mean of their ranks.
        double rankSum = 0;
        int below = 0;
        foreach (IGrouping<double, int> equal in Enumerable.Range(0, scores.Count).GroupBy(row => scores[row]).OrderBy(group => group.Key))
        {
            int count = equal.Count();
            rankSum += equal.Count(row => AreAnomalies[row]) * (below + ((count + 1) / 2.0));
            below += count;
        }

        double anomalies = AreAnomalies.Count(isAnomaly => isAnomaly);
        return (rankSum - (anomalies * (anomalies + 1) / 2)) / (anomalies * (scores.Count - anomalies));
    }
}
