using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Contracts;

/// <summary>Dynamics by a <see cref="FaultyMap"/>.</summary>
internal sealed class FaultyDynamics(FaultyMap map) : nn.Module<Tensor, Tensor, Tensor>(nameof(FaultyDynamics))
{
    public override IEnumerable<Parameter> parameters(bool recurse = true) => [map.Weight];

    public override Tensor forward(Tensor time, Tensor state) => map.Apply(state);
}
