using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>f at one point (t, z) together with its vector-Jacobian product there.</summary>
public abstract class OdeLinearization : IDisposable
{
    /// <summary>f(t, z), of the shape of z, with no autograd graph.</summary>
    public abstract Tensor Value { get; }

    /// <summary>Multiplies a cotangent with the Jacobians of f. Called at most once.</summary>
    /// <param name="cotangent">a, of the shape of z.</param>
    /// <param name="parameterGradient">
    /// Flat vector of all parameters' gradients, to which aᵀ ∂f/∂θ is added; <see langword="null"/> where it is not wanted.
    /// </param>
    /// <returns>aᵀ ∂f/∂z, of the shape of z.</returns>
    public abstract Tensor Pullback(Tensor cotangent, Tensor? parameterGradient);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the pullback kept.</summary>
    protected abstract void Dispose(bool disposing);
}
