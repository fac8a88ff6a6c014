namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Units in which a network sees and forecasts one variable.</summary>
/// <param name="Center">Mean of the values.</param>
/// <param name="LevelMemory">Memory of the running mean that levels are told from, or <see langword="null"/> where they are the values themselves.</param>
/// <param name="LevelCenter">Mean of the levels that a network is told.</param>
/// <param name="LevelScale">Standard deviation of the levels.</param>
/// <param name="StepScale">Root mean square of changes between neighbouring observations.</param>
/// <param name="ChangeScale">Root mean square of changes within the longest horizon, the unit of forecasts.</param>
/// <param name="UsualSilence">Time since its last value at which observations of other variables have told a network about this one.</param>
/// <param name="Seasonal">Coefficients of the seasonal component.</param>
internal sealed record VariableScale(double Center, double? LevelMemory, double LevelCenter, double LevelScale, double StepScale, double ChangeScale, double UsualSilence, double[] Seasonal)
{
    // Times far from zero are rounded, and so are their differences.
    private const double Tolerance = 1e-4;

    /// <summary>Whether a variable was last observed longer ago than was usual in training.</summary>
    public bool IsSilent(double duration) => duration > UsualSilence * (1 + Tolerance);

    public void Write(BinaryWriter writer)
    {
        writer.Write(Center);
        writer.Write(LevelMemory ?? 0);
        writer.Write(LevelCenter);
        writer.Write(LevelScale);
        writer.Write(StepScale);
        writer.Write(ChangeScale);
        writer.Write(UsualSilence);
        BinaryArrays.Write(writer, Seasonal);
    }

    public static VariableScale Read(BinaryReader reader) =>
        new(reader.ReadDouble(), reader.ReadDouble() is > 0 and var memory ? memory : null, reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), BinaryArrays.ReadDoubles(reader));
}
