using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Solves networks of one size for what their heads read. An instance holds one solve at a time.</summary>
internal abstract unsafe class ManagedSolver : IDisposable
{
    /// <summary>Solves.</summary>
    /// <param name="network">A network of that size.</param>
    /// <param name="inputs">Encoded rows.</param>
    /// <param name="evaluations">What each row's solve evaluated is added here, where the kind of network counts it; may be empty.</param>
    /// <returns>Rows of solutions, until the next solve.</returns>
    public abstract float* Solve(ManagedNetwork network, CodedRows inputs, Span<float> evaluations);

    /// <summary>Floats from one row of solutions to the next.</summary>
    public abstract int Stride { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
