using Microsoft.ML.Implicit.Layers.Equilibrium;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Equilibrium;

/// <summary>Hides the closed-form products of a cell, so that autograd must do.</summary>
internal sealed class WithoutClosedForm : EquilibriumCell
{
    private readonly EquilibriumCell _cell;

    public WithoutClosedForm(EquilibriumCell cell)
        : base(nameof(WithoutClosedForm))
    {
        _cell = cell;
        RegisterComponents();
    }

    public override Tensor InitialState(Tensor x) => _cell.InitialState(x);

    public override Injection Inject(Tensor x) => _cell.Inject(x);

    public override Tensor Iterate(Tensor z, Injection injection) => _cell.Iterate(z, injection);
}
