using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Series;

/// <summary>A batch of series, padded to the longest, two points at least.</summary>
/// <param name="Times">Increasing times from 0 in median gaps, float64 [batch, points]; the last one repeated behind it.</param>
/// <param name="Values">Values in units of their spread, [batch, points, channels]; NaN where a channel was not observed.</param>
/// <param name="LastIndices">Index of each row's last point, int64 [batch].</param>
/// <param name="Statics">What holds for a whole series, [batch, statics].</param>
internal sealed record SeriesInputs(Tensor Times, Tensor Values, Tensor LastIndices, Tensor Statics);
