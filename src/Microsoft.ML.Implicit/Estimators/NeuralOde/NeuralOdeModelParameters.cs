using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A trained neural ODE: one network, or several whose predictions are averaged. Safe to use from several threads at once.</summary>
public sealed class NeuralOdeModelParameters : PredictionModelParameters
{
    internal NeuralOdeModelParameters(NeuralOdeArchitecture architecture, PredictionEnsemble ensemble, PredictionTask task, Device device)
        : base(architecture, ensemble, task, device)
    {
    }

    /// <summary>Dimensions, or channels, of zeros that the state is augmented by.</summary>
    public int AugmentedDimensions => ((NeuralOdeArchitecture)Architecture).AugmentedDimensions;

    private protected override string Kind => "Neural ODE";

    private protected override NeuralOdeModelParameters Create(PredictionEnsemble ensemble, PredictionTask task) => new((NeuralOdeArchitecture)Architecture, ensemble, task, Device);

    internal static NeuralOdeModelParameters Read(IHost host, DocumentReader reader) =>
        Read(host, reader, NeuralOdeArchitecture.Read, (architecture, ensemble, task) => new NeuralOdeModelParameters(architecture, ensemble, task, CPU));
}
