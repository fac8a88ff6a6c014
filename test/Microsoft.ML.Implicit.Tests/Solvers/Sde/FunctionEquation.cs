using Microsoft.ML.Implicit.Solvers.Sde;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Sde;

/// <summary>An equation given by two functions.</summary>
internal sealed class FunctionEquation(
    StochasticCalculus calculus,
    NoiseKind noise,
    Func<double, Tensor, Tensor> drift,
    Func<double, Tensor, Tensor> diffusion,
    bool isAdditive = false,
    IReadOnlyList<Tensor>? parameters = null) : StochasticEquation(calculus, noise, isAdditive)
{
    public override IReadOnlyList<Tensor> Parameters => parameters ?? [];

    public override Tensor Drift(double time, Tensor state) => drift(time, state);

    public override Tensor Diffusion(double time, Tensor state) => diffusion(time, state);
}
