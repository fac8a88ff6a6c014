namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of <see cref="ConeProgramEstimator"/>.</summary>
public sealed class ConeProgramOptions : ConeProgramSettings;
