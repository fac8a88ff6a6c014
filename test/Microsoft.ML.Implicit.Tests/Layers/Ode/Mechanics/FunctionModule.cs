using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode.Mechanics;

/// <summary>A module given by a function.</summary>
internal sealed class FunctionModule(Func<Tensor, Tensor> function) : nn.Module<Tensor, Tensor>(nameof(FunctionModule))
{
    public override Tensor forward(Tensor x) => function(x);
}
