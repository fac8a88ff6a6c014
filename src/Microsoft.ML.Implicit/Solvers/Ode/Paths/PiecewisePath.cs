using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Paths;

/// <summary>
/// A path that is a cubic, or straight, between times at which its values are known. Beyond its ends it goes on with its first and last pieces.
/// </summary>
/// <remarks>Gradients flow to the values. Its tensors live in the dispose scope that it is created in.</remarks>
public abstract class PiecewisePath : ControlPath
{
    private readonly PathGrid _grid;

    private protected PiecewisePath(Func<PathPieces> fit)
    {
        using DisposeScope scope = NewDisposeScope();
        PathPieces pieces = fit();
        _grid = pieces.Grid;
        Inputs = [.. ((Tensor[])[pieces.Changes, pieces.StartSlopes, pieces.EndSlopes]).Select(part => part.alias())];
        foreach (Tensor kept in (Tensor[])[_grid.Times, _grid.Lengths, _grid.LastPoints, .. Inputs])
        {
            kept.MoveToOuterDisposeScope();
        }
    }

    /// <summary>Of each piece the change, the slope at its start and the slope at its end, per length of the piece; each <c>[1 or batch, points - 1, channels]</c>.</summary>
    public sealed override IReadOnlyList<Tensor> Inputs { get; }

    /// <inheritdoc/>
    public sealed override Tensor Derivative(Tensor times, IReadOnlyList<Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(times);
        ArgumentNullException.ThrowIfNull(inputs);
        using DisposeScope scope = NewDisposeScope();
        Tensor last = _grid.LastPoints.Plus((-1).Held());
        Tensor piece = minimum(_grid.Times.le(times.unsqueeze(1)).sum(dim: 1).Plus((-1).Held()).clamp_min(0.Held()), last);
        Tensor start = _grid.Times.expand(piece.shape[0], -1).gather(1, piece.unsqueeze(1));
        Tensor length = _grid.Lengths.expand(piece.shape[0], -1).gather(1, piece.unsqueeze(1));
        Tensor place = ((times.unsqueeze(1) - start) / length).to(inputs[0].dtype);
        Tensor slope = PathPieces.Slope(Of(inputs[0], piece), Of(inputs[1], piece), Of(inputs[2], piece), place);
        return (slope / length.to(slope.dtype)).MoveToOuterDisposeScope();
    }

    // [rows, channels] of one piece of each row.
    private static Tensor Of(Tensor pieces, Tensor index)
    {
        if (index.shape[0] == 1)
        {
            return pieces.index_select(1, index).squeeze(1);
        }

        Tensor places = index.view(-1, 1, 1).expand(-1, 1, pieces.shape[2]);
        return pieces.expand(index.shape[0], -1, -1).gather(1, places).squeeze(1);
    }
}
