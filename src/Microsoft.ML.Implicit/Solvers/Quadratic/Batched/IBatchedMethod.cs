using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>A method that works on all rows of a batch at once.</summary>
internal interface IBatchedMethod
{
    /// <summary>Iterates; returns which rows converged, [batch] Boolean.</summary>
    Tensor Solve(CancellationToken cancellation);

    /// <summary>The iterates in the user's units.</summary>
    BatchedState State();

    /// <summary>Relative primal and dual residuals and gaps, the same in the user's units, then iterations, [7, batch].</summary>
    Tensor Statistics();
}
