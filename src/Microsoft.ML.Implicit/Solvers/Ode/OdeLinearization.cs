using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>f at one point (t, z) together with its vector-Jacobian product there.</summary>
public abstract class OdeLinearization : IDisposable
{
    /// <summary>f(t, z), of the shape of z, with no autograd graph.</summary>
    public abstract Tensor Value { get; }

    /// <summary>Multiplies a cotangent with the Jacobians of f.</summary>
    /// <remarks>
    /// Called any number of times without <paramref name="parameterGradient"/>, and at most once, as the last call, with it. Explicit methods make that
    /// one call alone; implicit methods ask for more.
    /// </remarks>
    /// <param name="cotangent">a, of the shape of z.</param>
    /// <param name="parameterGradient">
    /// Flat vector of all parameters' gradients, to which aᵀ ∂f/∂θ is added; <see langword="null"/> where it is not wanted.
    /// </param>
    /// <returns>aᵀ ∂f/∂z, of the shape of z.</returns>
    public abstract Tensor Pullback(Tensor cotangent, Tensor? parameterGradient);

    /// <summary>Multiplies the Jacobian with a tangent.</summary>
    /// <param name="tangent">v, of the shape of z.</param>
    /// <returns>∂f/∂z v, of the shape of z; <see langword="null"/> where it is not known, as by default: a difference then takes its place.</returns>
    public virtual Tensor? Pushforward(Tensor tangent) => null;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the pullback kept.</summary>
    protected abstract void Dispose(bool disposing);
}
