using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How far off forecasts of series whose continuation is known were, by the time ahead.</summary>
/// <param name="Times">Times ahead, rising.</param>
/// <param name="Errors">For each variable the error at each of these times that a given share of errors stays within, never falling.</param>
internal sealed record MotionErrors(double[] Times, double[][] Errors)
{
    private const int MostBins = 12;
    private const int ErrorsInBin = 20;

    /// <summary>Half of the distance of the bounds. Beyond the longest time that is known of, it grows in proportion to the time.</summary>
    public double At(int variable, double ahead)
    {
        double[] errors = Errors[variable];
        if (ahead >= Times[^1])
        {
            return errors[^1] * ahead / Times[^1];
        }

        int next = Array.FindIndex(Times, time => time > ahead);
        return next == 0 ? errors[0] : errors[next - 1] + ((errors[next] - errors[next - 1]) * (ahead - Times[next - 1]) / (Times[next] - Times[next - 1]));
    }

    /// <summary>Gathers errors.</summary>
    /// <param name="errors">Those of forecasts.</param>
    /// <param name="level">Share of the errors.</param>
    /// <returns><see langword="null"/> where there are too few.</returns>
    public static MotionErrors? Of(IEnumerable<MotionError> errors, double level)
    {
        MotionError[] ordered = [.. errors.OrderBy(error => error.Ahead)];
        return ordered.Length < ErrorsInBin ? null : Of(ordered, level);
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("error_times", Times);
        writer.Write("errors", [.. Errors.SelectMany(errors => errors)]);
    }

    /// <summary>Reads errors; <see langword="null"/> where the file has none.</summary>
    /// <exception cref="FormatException">They are impossible.</exception>
    public static MotionErrors? Read(DocumentReader reader, int variables)
    {
        if (reader.OptionalTensor("error_times") is null)
        {
            return null;
        }

        double[] times = Measurements.Checked(reader.Doubles("error_times"));
        double[] errors = Measurements.Checked(reader.Doubles("errors"));
        bool fits = times.Length > 0 && times[0] >= 0 && times[^1] > 0 && times.Zip(times.Skip(1)).All(pair => pair.First < pair.Second) && errors.Length == variables * times.Length && Array.TrueForAll(errors, error => error >= 0);
        return fits ? new MotionErrors(times, [.. errors.Chunk(times.Length)]) : throw new FormatException("The model file describes impossible errors of forecasts.");
    }

    private static MotionErrors Of(MotionError[] ordered, double level)
    {
        int size = Math.Max(ErrorsInBin, ordered.Length / MostBins);
        MotionError[][] bins = [.. ordered.Chunk(size).Where((bin, i) => bin.Length == size || i == 0)];
        bins = [.. bins.GroupBy(bin => bin[^1].Ahead).Select(group => group.SelectMany(bin => bin).ToArray())];
        double[] times = [.. bins.Select(bin => bin[^1].Ahead)];
        return new MotionErrors(times, [.. Enumerable.Range(0, ordered[0].Errors.Length).Select(v => Envelope([.. bins.Select(bin => Quantile(bin.Select(error => error.Errors[v]), level))]))]);
    }

    private static double[] Envelope(double[] errors)
    {
        for (int i = 1; i < errors.Length; i++)
        {
            errors[i] = Math.Max(errors[i], errors[i - 1]);
        }

        return errors;
    }

    // The one that a new error of the same kind stays within with at least that probability (Vovk, Gammerman and Shafer, 2005), as far as so few can tell.
    private static double Quantile(IEnumerable<double> errors, double level)
    {
        double[] known = [.. errors.Where(double.IsFinite).Order()];
        return known.Length == 0 ? 0 : known[Math.Min(known.Length - 1, (int)Math.Ceiling(level * (known.Length + 1)) - 1)];
    }
}
