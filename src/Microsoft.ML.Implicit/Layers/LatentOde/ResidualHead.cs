using Microsoft.ML.Implicit.Layers.LatentOde.Managed;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>A linear map plus a perceptron with one hidden layer: what is linear in the data is learned from few examples.</summary>
internal sealed class ResidualHead : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "linear")]
    private readonly Linear _linear;

    [ComponentName(Name = "hidden")]
    private readonly Linear _hidden;

    [ComponentName(Name = "output")]
    private readonly Linear _output;

    public ResidualHead(long inputs, long hidden, long outputs, bool startsAtZero, Generator generator)
        : base(nameof(ResidualHead))
    {
        _linear = startsAtZero ? Initialization.Zero(inputs, outputs) : Initialization.Linear(inputs, outputs, generator);
        _hidden = Initialization.Linear(inputs, hidden, generator);
        _output = Initialization.Zero(hidden, outputs);
        RegisterComponents();
    }

    /// <summary>Number of outputs.</summary>
    public int Outputs => (int)_output.weight.shape[0];

    /// <summary>Lets the first outputs begin as the first inputs, and others as given numbers.</summary>
    /// <param name="copied">How many outputs begin as inputs.</param>
    /// <param name="first">First of the outputs that begin as a number.</param>
    /// <param name="number">The number.</param>
    public void StartAt(int copied, int first, double number)
    {
        using IDisposable noGradient = no_grad();
        _linear.weight.narrow(0, 0, copied).narrow(1, 0, copied).copy_(eye(copied));
        _linear.bias!.narrow(0, first, Outputs - first).fill_(number.Held());
    }

    /// <summary>A copy in managed memory.</summary>
    public ManagedHead CreateManaged()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        return new ManagedHead(
            new PanelAffine(_linear.weight.t(), _linear.bias!.Plus(_output.bias!)),
            new PanelAffine(_hidden.weight.t(), _hidden.bias!),
            new PanelAffine(_output.weight.t()));
    }

    /// <param name="input">[rows, inputs].</param>
    /// <returns>[rows, outputs].</returns>
    public override Tensor forward(Tensor input) =>
        _linear.forward(input).Plus(_output.forward(nn.functional.silu(_hidden.forward(input))));
}
