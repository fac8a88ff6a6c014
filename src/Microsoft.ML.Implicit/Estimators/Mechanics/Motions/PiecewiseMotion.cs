using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Ode.Mechanics;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Dynamics in a time that counts pieces: each takes one unit of it, whatever its length for each row, with controls of its own. Rows whose observations lie at different times are thus solved together.
/// </summary>
/// <param name="dynamics">The dynamics.</param>
/// <param name="lengths">Signed lengths, [pieces, rows, 1].</param>
/// <param name="controls">[pieces, rows, controls], or <see langword="null"/> without any.</param>
internal sealed class PiecewiseMotion(MechanicalDynamics dynamics, Tensor lengths, Tensor? controls) : IDifferentiableOdeTerm
{
    public IReadOnlyList<Tensor> Parameters { get; } = [.. dynamics.parameters()];

    public Tensor Evaluate(double time, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        long piece = Math.Clamp((long)time, 0, lengths.shape[0] - 1);
        return (dynamics.Derivative(state, controls?[piece]) * lengths[piece]).MoveToOuterDisposeScope();
    }

    public OdeLinearization Linearize(double time, Tensor state) => AutogradOdeLinearization.Create(this, time, state);

    /// <summary>Solves from the first piece's start to the end of each.</summary>
    /// <param name="start">States, [rows, width].</param>
    /// <param name="method">A method for fixed steps.</param>
    /// <param name="steps">Steps a piece.</param>
    /// <param name="differentiable">Whether gradients will be asked for.</param>
    /// <param name="cancellationToken">Looked at in every step.</param>
    public OdeSolution Solve(Tensor start, OdeMethod method, int steps, bool differentiable, CancellationToken cancellationToken)
    {
        double[] times = [.. Enumerable.Range(0, (int)lengths.shape[0] + 1)];
        var options = new OdeOptions
        {
            Method = method,
            StepControl = new FixedStepControl(1.0 / steps),
            JumpTimes = times[1..^1],
            MaximumSteps = int.MaxValue,

            // Windows are short, and evaluations are many small operations: one graph of all of them costs least.
            GradientMethod = differentiable ? OdeGradientMethod.Backpropagation : OdeGradientMethod.CheckpointedAdjoint,
            CancellationToken = cancellationToken,
        };
        return OdeSolver.Solve(this, start, times, options, differentiable);
    }
}
