using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;

/// <summary>The iterations of <see cref="BatchedInteriorPoint"/>: the same steps, however they are carried out.</summary>
internal interface IBatchedIterations
{
    /// <summary>Iterates until every row has finished.</summary>
    /// <param name="x">The start, which becomes the end.</param>
    /// <param name="maximumSteps">Steps that a row takes at most.</param>
    /// <param name="cancellation">Ends the iterations.</param>
    /// <returns>Which rows converged, [batch] Boolean, and the steps that each took, float64 [batch].</returns>
    (Tensor Converged, Tensor Steps) Run(BatchedIterate x, int maximumSteps, CancellationToken cancellation);
}
