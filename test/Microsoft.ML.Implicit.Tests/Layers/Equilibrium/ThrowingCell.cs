using Microsoft.ML.Implicit.Layers.Equilibrium;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Equilibrium;

/// <summary>Evaluates as another cell does, but throws on demand when it is linearised, as in a backward pass.</summary>
internal sealed class ThrowingCell : EquilibriumCell
{
    private readonly EquilibriumCell _cell;

    public ThrowingCell(EquilibriumCell cell)
        : base(nameof(ThrowingCell))
    {
        _cell = cell;
        RegisterComponents();
    }

    public bool Throws { get; set; }

    public override Tensor InitialState(Tensor x) => _cell.InitialState(x);

    public override Injection Inject(Tensor x) => _cell.Inject(x);

    public override Tensor Iterate(Tensor z, Injection injection) => _cell.Iterate(z, injection);

    public override CellLinearization? Linearize(Tensor z, Injection injection) =>
        Throws ? throw new TimeoutException("the cell failed") : _cell.Linearize(z, injection);
}
