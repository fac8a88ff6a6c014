using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Sde;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Sde;

/// <summary>An equation whose drift and diffusion are modules.</summary>
internal sealed class ModuleEquation : StochasticEquation
{
    private readonly nn.Module<Tensor, Tensor, Tensor> _drift;
    private readonly nn.Module<Tensor, Tensor, Tensor> _diffusion;

    public ModuleEquation(nn.Module<Tensor, Tensor, Tensor> drift, nn.Module<Tensor, Tensor, Tensor> diffusion, StochasticCalculus calculus, NoiseKind noise, bool isAdditive)
        : base(calculus, noise, isAdditive)
    {
        ArgumentNullException.ThrowIfNull(drift);
        ArgumentNullException.ThrowIfNull(diffusion);
        _drift = drift;
        _diffusion = diffusion;
    }

    /// <remarks>Read anew each time, since moving a module to another device or type replaces its parameters.</remarks>
    public override IReadOnlyList<Tensor> Parameters => [.. _drift.parameters().Concat(_diffusion.parameters()).DistinctBy(parameter => parameter.Handle)];

    public override Tensor Drift(double time, Tensor state) => Call(_drift, time, state);

    public override Tensor Diffusion(double time, Tensor state) => Call(_diffusion, time, state);

    public override string ToString() => $"the modules {_drift.GetName()} and {_diffusion.GetName()}";

    private static Tensor Call(nn.Module<Tensor, Tensor, Tensor> module, double time, Tensor state) => module.forward(TimeScalar.Create(time, state), state);
}
