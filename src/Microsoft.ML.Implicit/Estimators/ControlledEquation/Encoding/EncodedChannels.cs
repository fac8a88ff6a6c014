namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A series as a network sees it.</summary>
/// <param name="Times">Times from 0 in median gaps.</param>
/// <param name="Values">[times, channels] in units of their spread, NaN where a channel was not observed.</param>
/// <param name="Statics">What holds for the whole series, in units of its spread.</param>
/// <param name="Label">What is to be predicted.</param>
/// <param name="Weight">What the series counts in training.</param>
internal sealed record EncodedChannels(double[] Times, float[] Values, float[] Statics, float Label, float Weight);
