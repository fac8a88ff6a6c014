using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>How one solve gets from an iterate to the next. States are [rows, width].</summary>
internal abstract class IterationRule
{
    /// <summary>Takes in an iterate and its image, and queues what must be known of them on the host.</summary>
    /// <param name="z">The iterate; it is overwritten once the next one is known.</param>
    /// <param name="f">Its image f(z).</param>
    /// <returns>A tensor [rows, columns] that the iteration reads once; see <see cref="SquaredResidual"/>.</returns>
    public abstract Tensor Measure(Tensor z, Tensor f);

    /// <summary>‖f(z) − z‖₂² of a row, from what was measured last.</summary>
    /// <param name="measured">The measured columns of the row.</param>
    public abstract double SquaredResidual(ReadOnlySpan<double> measured);

    /// <summary>Computes the next iterate, as a new tensor.</summary>
    /// <param name="measured">What was measured last, row after row.</param>
    /// <param name="stride">Columns of a row within <paramref name="measured"/>.</param>
    public abstract Tensor Next(ReadOnlySpan<double> measured, int stride);

    /// <summary>Keeps some rows alone.</summary>
    /// <param name="rows">Indices of the rows to keep, on the device of the state.</param>
    /// <param name="kept">The same indices on the host.</param>
    public abstract void SelectRows(Tensor rows, ReadOnlySpan<int> kept);
}
