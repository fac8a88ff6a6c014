using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Methods;

/// <summary>
/// The reversible Heun method for Stratonovich equations (Kidger, Foster, Li, Lyons, Efficient and accurate gradients for neural SDEs, 2021,
/// algorithms 1 and 2), with one evaluation a step. It carries y, z and the drift and diffusion at z, and each of its steps can be undone in
/// closed form.
/// </summary>
internal sealed class ReversibleHeun() : SdeMethod("reversible Heun")
{
    public override StochasticCalculus? Calculus => StochasticCalculus.Stratonovich;

    public override bool IsReversible => true;

    /// <remarks>What y and z differ by, of order √h, cancels to first order in g(z) + g(z'), so that commutative noise has order 1.</remarks>
    public override double? StrongOrder(StochasticEquation equation) => equation.IsCommutative ? 1 : 0.5;

    public override Tensor Begin(SdeStep interval, Tensor state) => Join(state, state, interval.Drift(interval.Time, state), interval.Diffusion(interval.Time, state));

    public override Tensor SolutionOf(Tensor state, long dimension) => state.narrow(1, 0, dimension);

    public override SdeStepResult Advance(SdeStep interval, Tensor state)
    {
        (Tensor y, Tensor z, Tensor drift, Tensor diffusion) = Split(interval, state);
        Tensor nextZ = interval.Moved(Reflect(y, z), drift, diffusion);
        Tensor nextDrift = interval.Drift(interval.End, nextZ);
        Tensor nextDiffusion = interval.Diffusion(interval.End, nextZ);
        Tensor nextY = interval.Moved(y, drift.Plus(nextDrift), diffusion.Plus(nextDiffusion), 0.5);
        return new SdeStepResult(Join(nextY, nextZ, nextDrift, nextDiffusion));
    }

    public override Tensor Reverse(SdeStep interval, Tensor state)
    {
        (Tensor nextY, Tensor nextZ, Tensor nextDrift, Tensor nextDiffusion) = Split(interval, state);
        Tensor z = interval.Moved(Reflect(nextY, nextZ), nextDrift, nextDiffusion, -1);
        Tensor drift = interval.Drift(interval.Time, z);
        Tensor diffusion = interval.Diffusion(interval.Time, z);
        Tensor y = interval.Moved(nextY, drift.Plus(nextDrift), diffusion.Plus(nextDiffusion), -0.5);
        return Join(y, z, drift, diffusion);
    }

    // 2y - z.
    private static Tensor Reflect(Tensor y, Tensor z) => y.mul(2.Held()).sub(z);

    private static Tensor Join(Tensor y, Tensor z, Tensor drift, Tensor diffusion) => cat([y, z, drift, diffusion.flatten(1)], 1);

    private static (Tensor Y, Tensor Z, Tensor Drift, Tensor Diffusion) Split(SdeStep interval, Tensor state)
    {
        long dimension = interval.Dimension;
        Tensor diffusion = state.narrow(1, 3 * dimension, state.shape[1] - (3 * dimension));
        return (
            state.narrow(1, 0, dimension),
            state.narrow(1, dimension, dimension),
            state.narrow(1, 2 * dimension, dimension),
            interval.Equation.Noise == NoiseKind.General ? diffusion.reshape(state.shape[0], dimension, -1) : diffusion);
    }
}
