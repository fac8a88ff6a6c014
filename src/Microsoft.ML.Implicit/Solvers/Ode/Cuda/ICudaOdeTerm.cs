using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Cuda;

/// <summary>A right-hand side that can also be evaluated inside a kernel of our own, where that is faster than tensor operations.</summary>
internal interface ICudaOdeTerm : IOdeTerm
{
    /// <summary>Copies the parameters for one solve.</summary>
    /// <param name="state">The initial state.</param>
    /// <returns>The evaluator, which the caller disposes, or <see langword="null"/> where tensor operations serve this state better.</returns>
    CudaDynamics? CreateCudaDynamics(Tensor state);
}
