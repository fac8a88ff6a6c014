using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>A right-hand side that can be evaluated at a time of its own for each row, within autograd.</summary>
public interface IRowTimeOdeTerm
{
    /// <summary>Parameters that gradients are wanted for, in the order in which the flat parameter gradient holds them.</summary>
    IReadOnlyList<Tensor> Parameters { get; }

    /// <summary>Evaluates f(tᵢ, zᵢ) for each row i. Rows must not depend on one another.</summary>
    /// <param name="times">Times, <c>[batch]</c>, of the type and device of the state.</param>
    /// <param name="state">State, <c>[batch, ...]</c>.</param>
    /// <returns>dz/dt, of the shape of <paramref name="state"/>.</returns>
    Tensor Evaluate(Tensor times, Tensor state);

    /// <summary>Restricts the right-hand side to some rows of the batch; needed where it holds data of its own for each row.</summary>
    /// <param name="rows">Indices of the rows that the states given to the result consist of, int64.</param>
    /// <param name="batch">Number of rows of the whole batch.</param>
    /// <returns>The restricted right-hand side; this one by default.</returns>
    IRowTimeOdeTerm SelectRows(Tensor rows, long batch) => this;
}
