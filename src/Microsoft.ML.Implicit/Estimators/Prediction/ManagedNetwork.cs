using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A frozen <see cref="PredictionNetwork"/> in managed memory. Safe to use from several threads at once, each with a solver of its own.</summary>
internal abstract class ManagedNetwork : IDisposable
{
    /// <summary>From the solution to the outputs.</summary>
    public abstract PanelAffine Head { get; }

    /// <summary>Number of outputs.</summary>
    public abstract int OutputWidth { get; }

    /// <summary>Multiplications for one row.</summary>
    public abstract long Work { get; }

    /// <summary>Creates buffers for solves of this network and of others of its sizes.</summary>
    /// <param name="capacity">Rows of a solve at most.</param>
    public abstract ManagedSolver CreateSolver(int capacity);

    /// <inheritdoc/>
    public abstract void Dispose();
}
