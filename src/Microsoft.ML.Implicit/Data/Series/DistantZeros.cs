namespace Microsoft.ML.Implicit.Data;

/// <summary>
/// Zeros that lie farther from all other values of a variable than these lie from each other. They are often missing values:
/// <see cref="Microsoft.ML.Data.TextLoader"/> reads empty fields as 0 unless told otherwise.
/// </summary>
/// <param name="Count">Number of zeros.</param>
/// <param name="Lowest">Least other value.</param>
/// <param name="Highest">Greatest other value.</param>
internal sealed record DistantZeros(long Count, float Lowest, float Highest)
{
    /// <summary>The zeros of a variable if they lie apart; <see langword="null"/> if there are none or they do not.</summary>
    public static DistantZeros? Find(IEnumerable<float> values)
    {
        long count = 0;
        float lowest = float.PositiveInfinity;
        float highest = float.NegativeInfinity;
        foreach (float value in values.Where(float.IsFinite))
        {
            if (value == 0)
            {
                count++;
            }
            else
            {
                lowest = Math.Min(lowest, value);
                highest = Math.Max(highest, value);
            }
        }

        float distance = Math.Max(lowest, -highest);
        return count > 0 && lowest < highest && distance > highest - lowest ? new DistantZeros(count, lowest, highest) : null;
    }
}
