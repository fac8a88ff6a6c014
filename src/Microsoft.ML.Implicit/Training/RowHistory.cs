using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>When each row of a matrix was last updated, for rows that only some steps touch.</summary>
/// <param name="rows">Number of rows.</param>
/// <param name="device">Where the matrix is.</param>
internal sealed class RowHistory(long rows, Device device) : IResumable, IDisposable
{
    private readonly Tensor _steps = zeros(rows, ScalarType.Float64, device).DetachFromDisposeScope();
    private readonly Tensor _logKept = zeros(rows, ScalarType.Float64, device).DetachFromDisposeScope();

    /// <summary>Tells how long ago rows were updated, and updates them.</summary>
    /// <param name="touched">The rows, int64 [touched].</param>
    /// <param name="step">Steps up to now.</param>
    /// <param name="logKept">Logarithm of what weight decay has left up to now.</param>
    /// <returns>Steps since the last update, and the logarithm of what decay has left since, float64 [touched, 1].</returns>
    public (Tensor Steps, Tensor LogKept) Advance(Tensor touched, double step, double logKept) =>
        (Since(_steps, touched, step), Since(_logKept, touched, logKept));

    public void WriteState(BinaryWriter writer)
    {
        StoredTensor.Write(writer, _steps);
        StoredTensor.Write(writer, _logKept);
    }

    public void ReadState(BinaryReader reader)
    {
        StoredTensor.Read(reader, "of the optimiser's rows", _steps);
        StoredTensor.Read(reader, "of the optimiser's rows", _logKept);
    }

    public void Dispose()
    {
        _steps.Dispose();
        _logKept.Dispose();
    }

    private static Tensor Since(Tensor last, Tensor touched, double now)
    {
        Tensor current = full(touched.shape[0], now.Held(), ScalarType.Float64, touched.device);
        Tensor since = current - last.index_select(0, touched);
        last.index_copy_(0, touched, current);
        return since.unsqueeze(1);
    }
}
