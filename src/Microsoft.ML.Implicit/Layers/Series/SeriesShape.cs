namespace Microsoft.ML.Implicit.Layers.Series;

/// <summary>What an encoder of series knows about all of them.</summary>
/// <param name="Channels">Number of channels.</param>
/// <param name="PartialChannels">Those of them that are not observed at every point.</param>
/// <param name="Statics">Numbers that hold for a whole series.</param>
/// <param name="Span">Usual span of a series, in median gaps.</param>
/// <param name="Points">Usual number of points of a series.</param>
internal sealed record SeriesShape(int Channels, int[] PartialChannels, int Statics, double Span, double Points);
