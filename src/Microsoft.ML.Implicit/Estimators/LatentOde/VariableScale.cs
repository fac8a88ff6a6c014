namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Units in which a network sees and forecasts one variable.</summary>
/// <param name="Center">Mean of the values.</param>
/// <param name="LevelMemory">Memory of the running mean that levels are told from, or <see langword="null"/> where they are the values themselves.</param>
/// <param name="LevelCenter">Mean of the levels that a network is told.</param>
/// <param name="LevelScale">Standard deviation of the levels.</param>
/// <param name="StepScale">Root mean square of changes between neighbouring observations.</param>
/// <param name="ChangeScale">Root mean square of changes within the longest horizon, the unit of forecasts.</param>
/// <param name="Seasonal">Coefficients of the seasonal component.</param>
internal sealed record VariableScale(double Center, double? LevelMemory, double LevelCenter, double LevelScale, double StepScale, double ChangeScale, double[] Seasonal)
{
    public void Write(BinaryWriter writer)
    {
        writer.Write(Center);
        writer.Write(LevelMemory ?? 0);
        writer.Write(LevelCenter);
        writer.Write(LevelScale);
        writer.Write(StepScale);
        writer.Write(ChangeScale);
        BinaryArrays.Write(writer, Seasonal);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static VariableScale Read(BinaryReader reader)
    {
        double center = reader.ReadDouble();
        double memory = reader.ReadDouble();
        var scale = new VariableScale(
            center, memory == 0 ? null : memory, reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), BinaryArrays.ReadMeasurements(reader));
        bool isPossible = BinaryArrays.IsMeasurement(center) && BinaryArrays.IsMeasurement(scale.LevelCenter)
            && (scale.LevelMemory is null || BinaryArrays.IsUnit(memory))
            && BinaryArrays.IsUnit(scale.LevelScale) && BinaryArrays.IsUnit(scale.StepScale) && BinaryArrays.IsUnit(scale.ChangeScale);
        return isPossible ? scale : throw new FormatException("The model file describes impossible units of a variable.");
    }
}
