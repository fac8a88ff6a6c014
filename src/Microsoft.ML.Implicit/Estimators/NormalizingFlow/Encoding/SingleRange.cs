namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Numbers as values of type Single.</summary>
internal static class SingleRange
{
    /// <summary>The nearest finite Single, or NaN.</summary>
    public static float Saturate(double value) => (float)Math.Clamp(value, -float.MaxValue, float.MaxValue);
}
