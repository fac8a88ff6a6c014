namespace Microsoft.ML.Implicit.Estimators;

/// <content>How levels are kept within what a network has seen: x / (1 + |x/5|^p)^(1/p) with p = 2^s.</content>
internal sealed partial record SeriesScaling
{
    private const int MostSharpness = 3;

    // The function is at its limit there, and powers are finite.
    private const double FarthestLevel = 1e30;

    /// <summary>
    /// s. At 3 a level of four deviations is bent by 2 %: where values return to their mean, the way back is in proportion to the level. Files of earlier versions have 1,
    /// which bends it by 22 %.
    /// </summary>
    public int Sharpness { get; init; } = MostSharpness;

    /// <summary>A level in deviations, kept within five.</summary>
    public float Level(double value)
    {
        double bounded = Math.Clamp(value, -FarthestLevel, FarthestLevel), power = Math.Abs(bounded / ClipScale);
        for (int i = 0; i < Sharpness; i++)
        {
            power *= power;
        }

        double root = 1 + power;
        for (int i = 0; i < Sharpness; i++)
        {
            root = Math.Sqrt(root);
        }

        return (float)(bounded / root);
    }
}
