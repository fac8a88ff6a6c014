using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Layers.Equilibrium.Managed;

/// <summary>A cell f(z, x) with fixed weights in managed memory, for rows in float32. Safe to use from several threads at once.</summary>
internal abstract unsafe class ManagedCell : IDisposable
{
    /// <summary>Floats of a row's state, in whole panels; those past its last coordinate are zero.</summary>
    public abstract int StateStride { get; }

    /// <summary>Floats of what does not depend on a row's state.</summary>
    public abstract int InjectionStride { get; }

    /// <summary>Floats that one row's evaluation needs for intermediate values.</summary>
    public abstract int ScratchStride { get; }

    /// <summary>Multiplications of an injection and of a usual number of evaluations for one row.</summary>
    public abstract long Work { get; }

    /// <summary>Computes what does not depend on the states.</summary>
    /// <param name="inputs">x, in the <see cref="InputCode"/> that the cell was made for.</param>
    /// <param name="injections">Receives <see cref="InjectionStride"/> floats a row.</param>
    public abstract void Inject(CodedRows inputs, float* injections);

    /// <summary>Evaluates f.</summary>
    /// <param name="states">z, <see cref="StateStride"/> floats a row.</param>
    /// <param name="injections">What <see cref="Inject"/> computed for these rows.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="images">Receives f(z, x), of the layout of <paramref name="states"/>.</param>
    /// <param name="scratch"><see cref="ScratchStride"/> floats a row.</param>
    public abstract void Iterate(float* states, float* injections, int rows, float* images, float* scratch);

    /// <inheritdoc/>
    public abstract void Dispose();
}
