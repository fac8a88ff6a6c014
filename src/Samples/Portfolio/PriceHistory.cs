using System.Globalization;

namespace Microsoft.ML.Implicit.Samples.Portfolio;

/// <summary>Closing prices, day by day.</summary>
/// <param name="Assets">Names of the assets.</param>
/// <param name="Dates">Days as the file writes them; row numbers where it has no column 'date'.</param>
/// <param name="Prices">One array a day, one price an asset.</param>
internal sealed record PriceHistory(string[] Assets, string[] Dates, double[][] Prices)
{
    private const int WeekDays = 5;
    private const int CovarianceDays = 126;
    private const double Shrinkage = 0.1;

    private static readonly string[] TimeColumns = ["date", "t", "year_frac"];

    /// <summary>Reads a CSV file: a header, time columns, then a column an asset.</summary>
    /// <exception cref="FormatException">A price is not a positive number.</exception>
    public static PriceHistory Load(string path)
    {
        string[] lines = File.ReadAllLines(path);
        string[] header = lines[0].Split(',');
        int first = header.TakeWhile(name => TimeColumns.Contains(name)).Count();
        string[][] rows = [.. lines.Skip(1).Where(line => line.Length > 0).Select(line => line.Split(','))];
        int date = Array.IndexOf(header, "date");
        string[] dates = [.. rows.Select((row, number) => date < 0 ? $"{number + 1}" : row[date])];
        return new PriceHistory(header[first..], dates, [.. rows.Select(row => row.Skip(first).Select(Price).ToArray())]);
    }

    /// <summary>What is known at the end of each week, and what the next one brings.</summary>
    /// <param name="riskAversion">Weight of half the variance against the return.</param>
    public Week[] Weeks(double riskAversion)
    {
        double[][] returns = [.. Prices.Zip(Prices.Skip(1), (before, after) => before.Zip(after, (x, y) => (y / x) - 1).ToArray())];
        double[] market = [.. returns.Select(day => day.Average())];
        var weeks = new List<Week>();
        for (int day = CovarianceDays; day + WeekDays < Prices.Length; day += WeekDays)
        {
            weeks.Add(new Week
            {
                Date = Dates[day],
                Features = [Sum(market, day, 5), Sum(market, day, 21), Sum(market, day, 63), Deviation(market, day, 21), Deviation(market, day, 63)],
                Costs = [.. Prices[day].Zip(Prices[day + WeekDays], (x, y) => (float)(1 - (y / x)))],
                Risk = Covariance(returns.AsSpan(day - CovarianceDays, CovarianceDays), riskAversion * WeekDays),
            });
        }

        return [.. weeks];
    }

    private static double Price(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out double price) && price > 0
        ? price
        : throw new FormatException($"'{text}' is not a price.");

    // Returns are those from a day to the next, so the last one known on a day stands just before it.
    private static float Sum(double[] values, int day, int length) => (float)values.AsSpan(day - length, length).ToArray().Sum();

    private static float Deviation(double[] values, int day, int length)
    {
        double[] window = values.AsSpan(day - length, length).ToArray();
        double mean = window.Average();
        return (float)Math.Sqrt(window.Average(value => (value - mean) * (value - mean)));
    }

    // The sample covariance, drawn a little to a multiple of the identity (Ledoit and Wolf, 2004).
    private static float[] Covariance(ReadOnlySpan<double[]> returns, double factor)
    {
        int n = returns[0].Length;
        double[] mean = new double[n];
        double[,] covariance = new double[n, n];
        foreach (double[] day in returns)
        {
            for (int i = 0; i < n; i++)
            {
                mean[i] += day[i] / returns.Length;
            }
        }

        foreach (double[] day in returns)
        {
            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    covariance[i, j] += (day[i] - mean[i]) * (day[j] - mean[j]) / returns.Length;
                }
            }
        }

        double variance = Enumerable.Range(0, n).Average(i => covariance[i, i]);
        float[] result = new float[n * n];
        for (int i = 0; i < n * n; i++)
        {
            bool isDiagonal = i / n == i % n;
            result[i] = (float)(factor * (((1 - Shrinkage) * covariance[i / n, i % n]) + (isDiagonal ? Shrinkage * variance : 0)));
        }

        return result;
    }
}
