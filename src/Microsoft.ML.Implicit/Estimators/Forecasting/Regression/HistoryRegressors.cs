using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// What a linear regression forecasts the change of a variable by: its last values, their mean, slopes and seasons, what an encoder is told of the last
/// observation, covariates and the time ahead. Coefficients change with the time ahead along ramps, each of which rises from 0 to 1 between two knots.
/// </summary>
/// <param name="scaling">Units.</param>
/// <param name="memory">Most recent observations that are looked at.</param>
/// <param name="knots">Rising times ahead, in horizons.</param>
internal sealed class HistoryRegressors(SeriesScaling scaling, int memory, double[] knots)
{
    /// <summary>Values that are told one by one.</summary>
    public const int Lags = 6;

    /// <summary>Values that are told by their mean, and by the longest slope.</summary>
    public const int MeanLength = 12;

    /// <summary>Numbers of last values through which a line is drawn.</summary>
    public static readonly int[] SlopeLengths = [2, 4, MeanLength];

    private const int SharedRamps = 2;
    private const double CommonChangePenalty = 0.01;
    private const int MostMemory = 1 << 20;
    private const int MostKnots = 64;

    // Of the seasons, the value a period before the time asked for and the one a period before the last observation.
    private const int NumbersAPeriod = 2;

    // The value at the time asked for, the mean until then and the integral within the horizon.
    private const int NumbersACovariate = 3;

    public int Memory => memory;

    public double[] Knots => knots;

    public int RampCount => knots.Length;

    /// <summary>Numbers that the last observation alone tells.</summary>
    public int SharedCount => scaling.FeatureCount;

    /// <summary>Numbers that concern the variable or the time asked for.</summary>
    public int OwnCount => 3 + Lags + SlopeLengths.Length + (NumbersAPeriod * scaling.Periods.Length) + 1 + scaling.SeasonFeatureCount + (NumbersACovariate * scaling.CovariateCount);

    /// <summary>Length of a row of regressors.</summary>
    public int Count => (SharedCount * SharedRamps) + (OwnCount * RampCount);

    /// <summary>Writes the regressors of a variable's changes until given times.</summary>
    /// <param name="series">The series.</param>
    /// <param name="last">Index of the last observation known.</param>
    /// <param name="variable">The variable.</param>
    /// <param name="times">Times asked for.</param>
    /// <param name="rows">Receives [times, <see cref="Count"/>].</param>
    public void Describe(EncodedSeries series, int last, int variable, ReadOnlySpan<double> times, Span<double> rows)
    {
        var recent = new RecentValues(series, last, variable, memory, scaling);
        double end = series.Times[last];
        ReadOnlySpan<float> shared = series.Features.AsSpan(last * scaling.FeatureCount, scaling.FeatureCount);
        double[] own = new double[OwnCount];
        double[] ramps = new double[RampCount];
        float[] seasons = new float[scaling.SeasonFeatureCount];
        for (int m = 0; m < times.Length; m++)
        {
            double ahead = times[m] - end;
            double within = Math.Min(ahead, scaling.Horizon);
            Ramps(within / scaling.Horizon, ramps);
            own[0] = 1;
            own[1] = shared[4 * variable];
            own[2] = recent.Mean;
            recent.Lags.CopyTo(own, 3);
            int next = 3 + Lags;
            foreach (int length in SlopeLengths)
            {
                own[next++] = recent.Change(length, end + within);
            }

            foreach (double period in scaling.Periods)
            {
                own[next++] = recent.At(times[m] - (period * Math.Max(1, Durations.Ceiling(ahead / period))));
                own[next++] = recent.At(end - period);
            }

            own[next++] = scaling.Gap(within);
            scaling.WriteSeasons(times[m], seasons);
            foreach (float number in seasons)
            {
                own[next++] = number;
            }

            foreach (StepFunction covariate in series.Covariates)
            {
                own[next++] = covariate.At(times[m]);
                own[next++] = covariate.Mean(end, times[m]);
                own[next++] = covariate.Mean(end, end + within) * within / scaling.Horizon;
            }

            Span<double> row = rows.Slice(m * Count, Count);
            int place = 0;
            for (int k = 0; k < RampCount; k++)
            {
                foreach (double number in own)
                {
                    row[place++] = ramps[k] * number;
                }
            }

            for (int k = 0; k < SharedRamps; k++)
            {
                double ramp = k == 0 ? 1 : within / scaling.Horizon;
                foreach (float number in shared)
                {
                    row[place++] = ramp * number;
                }
            }
        }
    }

    /// <summary>How much the coefficient of each regressor is penalised: little where it is a change common to all series.</summary>
    public double[] RelativePenalties()
    {
        double[] penalties = new double[Count];
        Array.Fill(penalties, 1);
        for (int k = 0; k < RampCount; k++)
        {
            penalties[k * OwnCount] = CommonChangePenalty;
        }

        return penalties;
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("memory", memory);
        writer.Write("knots", knots);
    }

    /// <exception cref="FormatException">Something is impossible.</exception>
    public static HistoryRegressors Read(DocumentReader reader, SeriesScaling scaling)
    {
        int memory = reader.Int32("memory");
        double[] knots = Measurements.Checked(reader.Doubles("knots"));
        return memory is >= 1 and <= MostMemory && knots.Length is >= 1 and <= MostKnots && knots.Zip(knots.Skip(1)).All(pair => pair.First < pair.Second)
            ? new HistoryRegressors(scaling, memory, knots)
            : throw new FormatException("The model file describes an impossible regression.");
    }

    /// <summary>Coefficients of what concerns the variable or the time, [numbers, ramps], and of what the last observation tells, [numbers, common and in proportion to the time].</summary>
    public (double[] Own, double[] Shared) Divide(double[] coefficients)
    {
        int shared = OwnCount * RampCount;
        return (Transpose(coefficients[..shared], OwnCount), Transpose(coefficients[shared..], SharedCount));
    }

    private static double[] Transpose(double[] values, int width) =>
        [.. Enumerable.Range(0, width).SelectMany(i => Enumerable.Range(0, values.Length / width).Select(k => values[(k * width) + i]))];

    private void Ramps(double place, Span<double> ramps)
    {
        ramps[0] = 1;
        for (int k = 1; k < ramps.Length; k++)
        {
            ramps[k] = Math.Clamp((place - knots[k - 1]) / (knots[k] - knots[k - 1]), 0, 1);
        }
    }
}
