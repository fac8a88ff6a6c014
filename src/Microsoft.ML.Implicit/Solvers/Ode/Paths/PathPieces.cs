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

    /// <summary>The same paths in more pieces.</summary>
    /// <param name="parts">Into how many equal parts each piece is divided, 1 or more, int64 [batch, pieces]. Rows with fewer parts in all than others end with pieces of no change.</param>
    public PathPieces Divide(Tensor parts)
    {
        long rows = parts.shape[0], pieces = parts.shape[1];
        Tensor ends = parts.cumsum(1);
        Tensor numbers = HeldArithmetic.Range(0, ends.max().item<long>(), parts.device).unsqueeze(0).expand(rows, -1).contiguous();
        Tensor piece = searchsorted(ends, numbers, right: true).clamp_max((pieces - 1).Held());
        Tensor partsOfPiece = parts.gather(1, piece);
        Tensor number = minimum(numbers - ends.gather(1, piece).Plus(partsOfPiece.neg()), partsOfPiece);
        (Tensor from, Tensor to) = (number.to(ScalarType.Float64) / partsOfPiece, minimum(number.Plus(1.Held()), partsOfPiece).to(ScalarType.Float64) / partsOfPiece);
        Tensor times = Grid.Times.expand(rows, -1), lengths = times.diff(dim: 1).gather(1, piece);
        PathGrid grid = PathGrid.Of(cat([times.narrow(1, 0, 1), times.gather(1, piece).Plus(lengths * to)], 1));

        (Tensor change, Tensor start, Tensor end) = (OfPieces(Changes), OfPieces(StartSlopes), OfPieces(EndSlopes));
        Tensor length = Place(to - from);
        (from, to) = (Place(from), Place(to));
        return new PathPieces(
            grid,
            Value(change, start, end, to) - Value(change, start, end, from),
            length * Slope(change, start, end, from),
            length * Slope(change, start, end, to));

        Tensor OfPieces(Tensor values) => values.expand(rows, -1, -1).gather(1, piece.unsqueeze(2).expand(-1, -1, values.shape[2]));

        Tensor Place(Tensor place) => place.unsqueeze(2).to(Changes.dtype);
    }

    // X minus its value at the piece's start.
    private static Tensor Value(Tensor change, Tensor start, Tensor end, Tensor place)
    {
        Tensor rest = 1.Held().Minus(place), square = place.Squared();
        return (square * 3.Held().Minus(2.Held() * place) * change).Plus(place * rest.Squared() * start) - (square * rest * end);
    }
}
