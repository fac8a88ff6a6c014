using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A trained deep-equilibrium model: one network, or several whose predictions are averaged. Safe to use from several threads at once.</summary>
public sealed class DeepEquilibriumModelParameters : PredictionModelParameters
{
    internal DeepEquilibriumModelParameters(DeepEquilibriumArchitecture architecture, PredictionEnsemble ensemble, PredictionTask task, Device device)
        : base(architecture, ensemble, task, device)
    {
    }

    private protected override string Kind => "Deep-equilibrium model";

    private protected override DeepEquilibriumModelParameters Create(PredictionEnsemble ensemble, PredictionTask task) => new((DeepEquilibriumArchitecture)Architecture, ensemble, task, Device);

    internal static DeepEquilibriumModelParameters Read(IHost host, DocumentReader reader) =>
        Read(host, reader, DeepEquilibriumArchitecture.Read, (architecture, ensemble, task) => new DeepEquilibriumModelParameters(architecture, ensemble, task, CPU));
}
