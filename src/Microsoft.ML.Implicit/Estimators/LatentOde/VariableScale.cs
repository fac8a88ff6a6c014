namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Units in which a network sees and forecasts one variable.</summary>
/// <param name="Center">Mean of the values.</param>
/// <param name="Scale">Standard deviation of the values.</param>
/// <param name="StepScale">Root mean square of changes between neighbouring observations.</param>
/// <param name="ChangeScale">Root mean square of changes within the longest horizon, the unit of forecasts.</param>
/// <param name="Seasonal">Coefficients of the seasonal component.</param>
internal sealed record VariableScale(double Center, double Scale, double StepScale, double ChangeScale, double[] Seasonal)
{
    public void Write(BinaryWriter writer)
    {
        writer.Write(Center);
        writer.Write(Scale);
        writer.Write(StepScale);
        writer.Write(ChangeScale);
        BinaryArrays.Write(writer, Seasonal);
    }

    public static VariableScale Read(BinaryReader reader) =>
        new(reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), BinaryArrays.ReadDoubles(reader));
}
