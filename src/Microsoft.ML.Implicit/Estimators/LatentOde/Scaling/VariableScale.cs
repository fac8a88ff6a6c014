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

    public void Write(BinaryWriter writer, uint version)
    {
        writer.Write(Center);
        writer.Write(LevelMemory ?? 0);
        writer.Write(LevelCenter);
        writer.Write(LevelScale);
        writer.Write(StepScale);
        writer.Write(ChangeScale);
        if (version != LatentOdeTransformer.FirstVersion)
        {
            writer.Write(UsualSilence);
        }

        BinaryArrays.Write(writer, Seasonal);
    }

    /// <param name="reader">Where the units are.</param>
    /// <param name="version">Version of the format.</param>
    /// <exception cref="FormatException">A value is out of range.</exception>
    public static VariableScale Read(BinaryReader reader, uint version)
    {
        double center = reader.ReadDouble();
        double memory = reader.ReadDouble();
        double levelCenter = reader.ReadDouble(), levelScale = reader.ReadDouble(), stepScale = reader.ReadDouble(), changeScale = reader.ReadDouble();

        // In the first version every variable was forecast from the last observation of all.
        double usualSilence = version == LatentOdeTransformer.FirstVersion ? double.PositiveInfinity : reader.ReadDouble();
        bool isPossible = BinaryArrays.IsMeasurement(center) && BinaryArrays.IsMeasurement(levelCenter)
            && (memory == 0 || BinaryArrays.IsUnit(memory))
            && BinaryArrays.IsUnit(levelScale) && BinaryArrays.IsUnit(stepScale) && BinaryArrays.IsUnit(changeScale)
            && usualSilence >= 0;
        return isPossible
            ? new VariableScale(center, memory == 0 ? null : memory, levelCenter, levelScale, stepScale, changeScale, usualSilence, BinaryArrays.ReadMeasurements(reader))
            : throw new FormatException("The model file describes impossible units of a variable.");
    }
}
