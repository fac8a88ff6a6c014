using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Sde;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>How latent paths are solved for: one step from each time of a grid to the next.</summary>
internal static class LatentPathSolver
{
    /// <summary>Settings of the solver.</summary>
    /// <param name="method">The method.</param>
    /// <param name="cancellationToken">Looked at in every step.</param>
    public static SdeOptions Options(this LatentPathMethod method, CancellationToken cancellationToken) => new()
    {
        Method = method == LatentPathMethod.Heun ? SdeMethods.Heun : SdeMethods.EulerMaruyama,
        StepControl = new FixedStepControl(double.PositiveInfinity),
        MaximumSteps = int.MaxValue,
        CancellationToken = cancellationToken,
    };

    /// <summary>An Itô equation in the form that the method solves.</summary>
    public static StochasticEquation Form(this LatentPathMethod method, StochasticEquation equation) => method == LatentPathMethod.Heun ? new StratonovichForm(equation) : equation;
}
