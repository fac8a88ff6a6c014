using Microsoft.ML.Implicit.Layers.Equilibrium;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Contracts;

/// <summary>x plus a <see cref="FaultyMap"/> of the state.</summary>
internal sealed class FaultyCell(FaultyMap map) : EquilibriumCell(nameof(FaultyCell))
{
    public override IEnumerable<Parameter> parameters(bool recurse = true) => [map.Weight];

    public override Tensor InitialState(Tensor x) => zeros_like(x);

    public override Tensor Iterate(Tensor z, Injection injection) => map.Apply(z) is { IsInvalid: false } value && value.dim() == 2 ? value + injection.Rows[0] : map.Apply(z);
}
