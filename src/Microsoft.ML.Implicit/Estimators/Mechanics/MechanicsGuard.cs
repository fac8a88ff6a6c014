using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Takes training back to the best dynamics so far where they have got far worse: gradients through motions that fly apart point nowhere, and once many do, no other is left to lead back.
/// </summary>
/// <param name="dynamics">What is trained.</param>
/// <param name="starts">States that windows set out from, which go back with the dynamics.</param>
internal sealed class MechanicsGuard(nn.Module dynamics, Tensor starts) : IDisposable
{
    private const double WorseFactor = 4;

    // An error of a twentieth of a unit everywhere.
    private const double WorseLoss = 1e-3;

    private readonly BestParameters _best = new(dynamics);
    private readonly Tensor _bestStarts = starts.clone().DetachFromDisposeScope();
    private double _loss = double.PositiveInfinity;

    /// <summary>Takes note of the loss over whole windows after an epoch.</summary>
    public void Judge(double loss)
    {
        if (loss < _loss)
        {
            _loss = loss;
            _best.Offer(1, loss);
            _bestStarts.copy_(starts);
        }
        else if (!(loss <= (WorseFactor * _loss) + WorseLoss) && double.IsFinite(_loss))
        {
            _best.Restore();
            starts.copy_(_bestStarts);
        }
    }

    public void WriteState(BinaryWriter writer)
    {
        writer.Write(_loss);
        _best.WriteState(writer);
        StoredTensor.Write(writer, _bestStarts);
    }

    public void ReadState(BinaryReader reader)
    {
        _loss = reader.ReadDouble();
        _best.ReadState(reader);
        StoredTensor.Read(reader, "of the best starts", _bestStarts);
    }

    public void Dispose()
    {
        _best.Dispose();
        _bestStarts.Dispose();
    }
}
