using Microsoft.ML.Implicit.Persistence;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>Keeps a copy of a module's state from the epoch with the lowest validation loss, or from the last epoch without one.</summary>
internal sealed class BestParameters : IResumable, IDisposable
{
    private readonly Dictionary<string, Tensor> _state;
    private readonly Dictionary<string, Tensor> _copies;
    private double _loss = double.PositiveInfinity;

    public BestParameters(nn.Module module)
    {
        using DisposeScope scope = NewDisposeScope();
        _state = module.state_dict();
        _copies = _state.ToDictionary(entry => entry.Key, entry => entry.Value.detach().clone().DetachFromDisposeScope());
    }

    /// <summary>Epoch whose state is kept; 0 before the first.</summary>
    public int Epoch { get; private set; }

    public void Offer(int epoch, double? validationLoss)
    {
        if (validationLoss is { } loss && !(loss < _loss))
        {
            return;
        }

        _loss = validationLoss ?? _loss;
        Epoch = epoch;
        Copy(_state, _copies);
    }

    public void Restore() => Copy(_copies, _state);

    public void WriteState(BinaryWriter writer)
    {
        writer.Write(Epoch);
        writer.Write(_loss);
        ModuleState.Write(writer, _copies);
    }

    public void ReadState(BinaryReader reader)
    {
        Epoch = reader.ReadInt32();
        _loss = reader.ReadDouble();
        if (Epoch < 0 || double.IsNaN(_loss))
        {
            throw new FormatException($"The file says that epoch {Epoch} was the best so far, with loss {_loss}.");
        }

        ModuleState.Read(reader, _copies);
    }

    public void Dispose()
    {
        foreach (Tensor copy in _copies.Values)
        {
            copy.Dispose();
        }
    }

    private static void Copy(Dictionary<string, Tensor> source, Dictionary<string, Tensor> target)
    {
        using IDisposable noGradient = no_grad();
        foreach ((string name, Tensor value) in source)
        {
            target[name].copy_(value);
        }
    }
}
