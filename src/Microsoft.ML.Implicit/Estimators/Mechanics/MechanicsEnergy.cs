using Microsoft.ML.Implicit.Layers.Ode.Mechanics;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model's energies are multiplied with after its least one was subtracted. Equations of motion leave both open, all but the factor where there are momenta.</summary>
/// <param name="Unit">The factor.</param>
/// <param name="Origin">The least energy in the training series.</param>
internal sealed record MechanicsEnergy(double Unit, double Origin)
{
    public double Restore(double energy) => Unit * (energy - Origin);

    public static MechanicsEnergy Fit(MechanicalDynamics dynamics, Motion[] motions, MechanicsArchitecture architecture, MechanicsScaling scaling)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        double[][] states = [.. motions.SelectMany(motion => motion.States).Where(state => Array.TrueForAll(state, double.IsFinite))];
        if (states.Length == 0)
        {
            states = [.. motions.SelectMany(motion => Enumerable.Range(0, motion.Count).Select(motion.Guess)).OfType<double[]>()];
        }

        Tensor phases = NativeTensor.Of(states.SelectMany(state => state).ToArray(), [states.Length, 2 * architecture.Positions], dynamics.parameters().First().device);
        double least = dynamics.EnergyOf(phases).min().ReadDouble();
        double unit = dynamics is LagrangianDynamics lagrangian
            ? Math.Pow(scaling.Positions[0] / scaling.Time, 2) / lagrangian.Mass.forward(phases.narrow(1, 0, architecture.Positions)).select(1, 0).select(1, 0).mean().ReadDouble()
            : scaling.Positions[0] * scaling.Rates[0] / scaling.Time;
        return new MechanicsEnergy(unit, least);
    }
}
