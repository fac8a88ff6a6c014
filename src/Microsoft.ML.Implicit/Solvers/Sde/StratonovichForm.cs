using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde;

/// <summary>
/// The Stratonovich equation with the solutions of an Itô equation whose noise is scalar or diagonal: the drift is less by ½ (∂g/∂y) g (Kloeden and Platen, Numerical
/// Solution of Stochastic Differential Equations, 4.9).
/// </summary>
/// <param name="equation">The Itô equation.</param>
internal sealed class StratonovichForm(StochasticEquation equation) : StochasticEquation(StochasticCalculus.Stratonovich, equation.Noise, equation.IsAdditive)
{
    public override IReadOnlyList<Tensor> Parameters => equation.Parameters;

    public override Tensor Drift(double time, Tensor state)
    {
        Tensor drift = equation.Drift(time, state);
        return IsAdditive ? drift : drift - (equation.DiffusionDerivative(time, state) / 2.Held());
    }

    public override Tensor Diffusion(double time, Tensor state) => equation.Diffusion(time, state);

    public override Tensor DiffusionDerivative(double time, Tensor state) => equation.DiffusionDerivative(time, state);

    public override StochasticEquation WithParameters(IReadOnlyList<Tensor> parameters) => new StratonovichForm(equation.WithParameters(parameters));
}
