using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Paths;

/// <summary>Cubics between the points of a batch of paths, as functions of the place s in [0, 1] within a piece.</summary>
/// <param name="Grid">Where the points are.</param>
/// <param name="Changes">Value at a piece's end minus that at its start, [1 or batch, pieces, channels].</param>
/// <param name="StartSlopes">dX/ds at its start.</param>
/// <param name="EndSlopes">dX/ds at its end.</param>
internal sealed record PathPieces(PathGrid Grid, Tensor Changes, Tensor StartSlopes, Tensor EndSlopes)
{
    /// <summary>Pieces that are straight.</summary>
    public static PathPieces Straight(PathGrid grid, Tensor changes) => new(grid, changes, changes, changes);

    /// <summary>dX/ds of the cubic that has given slopes at its ends and a given change between them.</summary>
    /// <param name="change">Its change.</param>
    /// <param name="start">Slope at its start.</param>
    /// <param name="end">Slope at its end.</param>
    /// <param name="place">s, of a shape that multiplies these.</param>
    public static Tensor Slope(Tensor change, Tensor start, Tensor end, Tensor place)
    {
        Tensor rest = 1.Held().Minus(place);
        Tensor ofStart = rest * (1.Held().Minus(3.Held() * place));
        Tensor ofEnd = place * (3.Held() * place).Plus((-2).Held());
        return (6.Held() * (place * rest) * change).Plus(ofStart * start).Plus(ofEnd * end);
    }

    /// <summary>dX/ds in the middle of all pieces.</summary>
    public Tensor MiddleSlopes() => (1.5.Held() * Changes) - (0.25.Held() * StartSlopes.Plus(EndSlopes));
}
