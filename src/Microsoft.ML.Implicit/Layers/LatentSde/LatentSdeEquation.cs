using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Sde;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>dz = f(z, u(t)) dt + g(z) dW with controls u at equally spaced times.</summary>
/// <param name="dynamics">f, over state and controls together.</param>
/// <param name="diffusion">g.</param>
/// <param name="controls">u, [times, rows, controls], at times 0, step, 2 step, ...; <see langword="null"/> where there are none.</param>
/// <param name="step">Time between controls.</param>
/// <param name="signs">Signs of the noise of each row, [rows, 1].</param>
internal sealed class LatentSdeEquation(MlpDynamics dynamics, DiagonalDiffusion diffusion, Tensor? controls, double step, Tensor signs)
    : StochasticEquation(StochasticCalculus.Ito, NoiseKind.Diagonal)
{
    private readonly IOdeTerm _drift = controls is null ? dynamics : new DrivenDynamics(dynamics, controls, step);

    public override Tensor Drift(double time, Tensor state) => _drift.Evaluate(time, state);

    public override Tensor Diffusion(double time, Tensor state) => Spread(state) * signs;

    // The square of a sign is 1.
    public override Tensor DiffusionDerivative(double time, Tensor state)
    {
        (Tensor value, Tensor derivative) = diffusion.Linearize(state);
        return value * derivative;
    }

    /// <summary>g without the signs, of any number of rows.</summary>
    public Tensor Spread(Tensor state) => diffusion.forward(state);
}
