using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>A map f whose fixed points z = f(z) are sought, one for each row of a batch.</summary>
/// <remarks>Rows must not influence one another: row i of f(z) depends on row i of z alone.</remarks>
public interface IFixedPointMap
{
    /// <summary>Evaluates f.</summary>
    /// <param name="z">State [rows, ...], never to be written to, and overwritten after the call.</param>
    /// <returns>f(z), of the shape, type and device of <paramref name="z"/>; the solver disposes it.</returns>
    Tensor Evaluate(Tensor z);

    /// <summary>Restricts the map to some of its rows, so that rows that have converged stop costing.</summary>
    /// <param name="rows">Indices into the current rows, int64 [count], on the device of the state.</param>
    /// <returns>
    /// The restricted map, or null when the map cannot be restricted: converged rows then stay in the batch, frozen.
    /// Tensors that it keeps live until the solve ends.
    /// </returns>
    IFixedPointMap? SelectRows(Tensor rows);
}
