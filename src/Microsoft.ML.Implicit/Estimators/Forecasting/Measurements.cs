namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Numbers that can have been measured, and computed with.</summary>
internal static class Measurements
{
    private const double Largest = 1e100;

    /// <summary>Whether a number is finite and far enough from the largest ones that what is computed from it is finite as well.</summary>
    public static bool IsMeasurement(double value) => Math.Abs(value) <= Largest;

    /// <summary>Whether measurements can be told in a unit.</summary>
    public static bool IsUnit(double value) => value is >= 1 / Largest and <= Largest;

    /// <exception cref="FormatException">A number is beyond all measurements.</exception>
    public static double[] Checked(double[] values) =>
        Array.TrueForAll(values, IsMeasurement) ? values : throw new FormatException("The model file holds a number beyond all measurements.");
}
