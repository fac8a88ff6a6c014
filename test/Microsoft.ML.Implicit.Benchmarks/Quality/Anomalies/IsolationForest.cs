namespace Microsoft.ML.Implicit.Benchmarks.Quality.Anomalies;

/// <summary>How few random splits set a row apart (Liu, Ting and Zhou, Isolation forest, 2008).</summary>
internal static class IsolationForest
{
    private const int Trees = 100;
    private const int SampleSize = 256;
    private const double EulerGamma = 0.5772156649015329;

    /// <summary>The mean depth, negated: it orders rows as the score of the paper does.</summary>
    public static double[] Score(double[][] train, double[][] test, int seed)
    {
        var random = new Random(seed);
        double[] scores = new double[test.Length];
        int sampled = Math.Min(SampleSize, train.Length);
        int limit = (int)Math.Ceiling(Math.Log2(Math.Max(2, sampled)));
        for (int tree = 0; tree < Trees; tree++)
        {
            Descend(Sample(train, sampled, random), [.. Enumerable.Range(0, test.Length)], 0);
        }

        return scores;

        // Grows a branch for the training rows in it and takes the test rows along.
        void Descend(double[][] rows, int[] tested, int depth)
        {
            if (tested.Length == 0)
            {
                return;
            }

            int[] varying = depth == limit || rows.Length < 2 ? [] : [.. Enumerable.Range(0, rows[0].Length).Where(j => Array.Exists(rows, row => row[j] != rows[0][j]))];
            if (varying.Length == 0)
            {
                foreach (int row in tested)
                {
                    scores[row] -= (depth + UsualDepth(rows.Length)) / Trees;
                }

                return;
            }

            int column = varying[random.Next(varying.Length)];
            double lowest = rows.Min(row => row[column]), highest = rows.Max(row => row[column]);
            double split = lowest + (random.NextDouble() * (highest - lowest));
            Descend([.. rows.Where(row => row[column] <= split)], [.. tested.Where(row => test[row][column] <= split)], depth + 1);
            Descend([.. rows.Where(row => row[column] > split)], [.. tested.Where(row => test[row][column] > split)], depth + 1);
        }
    }

    private static double[][] Sample(double[][] rows, int count, Random random)
    {
        double[][] shuffled = [.. rows];
        random.Shuffle(shuffled);
        return shuffled[..count];
    }

    // Equation 1: the mean depth of an unsuccessful search in a binary tree of so many rows.
    private static double UsualDepth(int rows) => rows switch
    {
        <= 1 => 0,
        2 => 1,
        _ => (2 * (Math.Log(rows - 1) + EulerGamma)) - (2.0 * (rows - 1) / rows),
    };
}
