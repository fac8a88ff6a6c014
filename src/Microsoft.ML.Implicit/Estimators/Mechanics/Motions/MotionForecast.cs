namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What is forecast of one series.</summary>
/// <param name="Values">[variables, times] in a row.</param>
/// <param name="Energy">Energy at the last observation.</param>
/// <param name="EnergyHistory">Energies at all observations.</param>
internal sealed record MotionForecast(float[] Values, float Energy, float[] EnergyHistory);
