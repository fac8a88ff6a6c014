namespace Microsoft.ML.Implicit.Data;

/// <summary>
/// Compares lengths of time. Times are rounded, and so are their differences: on a grid, where many lengths are the same, exact comparisons would depend on the unit of time and on where it
/// is counted from.
/// </summary>
internal static class Durations
{
    /// <summary>What two lengths of time may differ by, in parts of them, and be taken for the same.</summary>
    public const double Tolerance = 1e-4;

    /// <summary>Whether a length of time is no longer than another.</summary>
    public static bool IsWithin(double length, double limit) => length <= limit * (1 + Tolerance);

    /// <summary>The least whole number of lengths of time that is no less than a number of them.</summary>
    public static double Ceiling(double number) => Math.Ceiling(number - Tolerance);

    /// <summary>The greatest whole number of lengths of time that is no more than a number of them.</summary>
    public static double Floor(double number) => Math.Floor(number + Tolerance);
}
