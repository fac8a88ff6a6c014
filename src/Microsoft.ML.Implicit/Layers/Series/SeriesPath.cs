using Microsoft.ML.Implicit.Solvers.Ode.Paths;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Series;

/// <summary>Series as paths. Behind a row's last point its path stands still.</summary>
/// <param name="Start">Where the paths begin, [batch, levels].</param>
/// <param name="Pieces">Their pieces, of whose channels the first ones are the levels.</param>
internal sealed record SeriesPath(Tensor Start, PathPieces Pieces);
