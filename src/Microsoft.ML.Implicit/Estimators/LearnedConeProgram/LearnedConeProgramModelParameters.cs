using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What predicts parameters of a cone program. Safe to use from several threads at once.</summary>
public sealed class LearnedConeProgramModelParameters : ImplicitModelParameters
{
    private readonly DecisionArchitecture _architecture;
    private readonly DecisionNetwork _network;
    private readonly LearnedParameters _learned;
    private Device _device;

    internal LearnedConeProgramModelParameters(DecisionArchitecture architecture, DecisionNetwork network, LearnedParameters learned, Device device)
    {
        (_architecture, _network, _learned, _device) = (architecture, network, learned, device);
    }

    /// <summary>Length of the feature vector.</summary>
    public int FeatureCount => _architecture.Features;

    /// <summary>How many numbers are predicted.</summary>
    public int PredictionCount => _architecture.Variables;

    /// <inheritdoc/>
    public override long ParameterCount => _network.parameters().Sum(parameter => parameter.numel());

    internal DecisionArchitecture Architecture => _architecture;

    internal DecisionNetwork Network => _network;

    private protected override IEnumerable<nn.Module> Modules => [_network];

    private protected override FormattableString Description => $"Learned cone program: {PredictionCount} parameters from {FeatureCount} features, hidden width {_architecture.HiddenWidth}.";

    /// <inheritdoc/>
    public override void Dispose() => _network.Dispose();

    /// <summary>Rows of parameters with what is predicted of them, float64 on the CPU.</summary>
    internal Tensor Complete(Tensor given, Tensor features)
    {
        using IDisposable noGradient = no_grad();
        return _learned.Complete(given, _network.PredictCosts(features.to(_device)).cpu(), _network.CostScale);
    }

    internal override void MoveTo(Device device)
    {
        _network.to(device);
        _network.FreezeState();
        _device = device;
    }

    internal void Write(DocumentWriter writer)
    {
        _architecture.Write(writer.Section("architecture"));
        writer.Write("network", _network);
    }

    /// <exception cref="FormatException">The network is impossible, or predicts something else than the program needs.</exception>
    internal static LearnedConeProgramModelParameters Read(DocumentReader reader, LearnedParameters learned)
    {
        DecisionArchitecture architecture = DecisionArchitecture.Read(reader.Section("architecture"));
        if (architecture != Of(architecture.Features, learned, architecture.HiddenWidth))
        {
            throw new FormatException("The model file's program does not fit its network.");
        }

        using var generator = new Generator(0, CPU);
        var network = new DecisionNetwork(architecture, generator);
        try
        {
            reader.Read("network", network);
            network.FreezeState();
            return new LearnedConeProgramModelParameters(architecture, network, learned, CPU);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The network that predicts parameters as if they were costs.</summary>
    internal static DecisionArchitecture Of(int features, LearnedParameters learned, int hiddenWidth) =>
        new(features, learned.Count, PredictsCost: true, RightHandSides: 0, hiddenWidth, Inequalities: 0, Equalities: 0);
}
