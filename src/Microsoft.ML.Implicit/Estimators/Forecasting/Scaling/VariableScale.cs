using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;

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
    /// <summary>The longest time since the last value at which a variable is not silent.</summary>
    public double LongestSilence => UsualSilence * (1 + Durations.Tolerance);

    /// <summary>Whether a variable was last observed longer ago than was usual in training.</summary>
    public bool IsSilent(double duration) => duration > LongestSilence;

    public void Write(DocumentWriter writer)
    {
        writer.Write("center", Center);
        writer.Write("level_memory", LevelMemory ?? 0);
        writer.Write("level_center", LevelCenter);
        writer.Write("level_scale", LevelScale);
        writer.Write("step_scale", StepScale);
        writer.Write("change_scale", ChangeScale);
        writer.Write("usual_silence", UsualSilence);
        writer.Write("seasonal", Seasonal);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static VariableScale Read(DocumentReader reader)
    {
        double memory = reader.Double("level_memory");
        var scale = new VariableScale(
            reader.Double("center"),
            memory == 0 ? null : memory,
            reader.Double("level_center"),
            reader.Double("level_scale"),
            reader.Double("step_scale"),
            reader.Double("change_scale"),
            reader.Double("usual_silence"),
            Measurements.Checked(reader.Doubles("seasonal")));
        return scale.IsPossible ? scale : throw new FormatException("The model file describes impossible units of a variable.");
    }

    private bool IsPossible =>
        Measurements.IsMeasurement(Center) && Measurements.IsMeasurement(LevelCenter)
        && (LevelMemory is null || Measurements.IsUnit(LevelMemory.Value))
        && Measurements.IsUnit(LevelScale) && Measurements.IsUnit(StepScale) && Measurements.IsUnit(ChangeScale)
        && UsualSilence >= 0;
}
