using Microsoft.ML.Implicit.Layers.Ode.Mechanics;
using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Solves motions through pieces of time: in managed memory where the dynamics have a program, else by tensor operations.</summary>
/// <param name="dynamics">The dynamics.</param>
/// <param name="program">Their program, or <see langword="null"/>.</param>
internal sealed class MotionSolver(MechanicalDynamics dynamics, RowProgram? program)
{
    /// <summary>Compiles the dynamics. They must keep their parameters, though not their values.</summary>
    public static MotionSolver Create(MechanicalDynamics dynamics, int positions) => new(dynamics, dynamics.Compile(positions));

    /// <summary>Solves from the start to the end of each piece.</summary>
    /// <param name="starts">States, [rows, width].</param>
    /// <param name="lengths">Signed lengths, [pieces, rows, 1].</param>
    /// <param name="controls">[pieces, rows, controls], or <see langword="null"/> without any.</param>
    /// <param name="method">A method for fixed steps.</param>
    /// <param name="steps">Steps a piece.</param>
    /// <param name="differentiable">Whether gradients will be asked for.</param>
    /// <param name="cancellationToken">Looked at on the way.</param>
    public IMotionSolution Solve(Tensor starts, Tensor lengths, Tensor? controls, ExplicitRungeKutta method, int steps, bool differentiable, CancellationToken cancellationToken)
    {
        if (program is null)
        {
            var motion = new PiecewiseMotion(dynamics, lengths, controls);
            return new TensorMotionSolution(motion.Solve(starts, method, steps, differentiable, cancellationToken), motion.Parameters);
        }

        cancellationToken.ThrowIfCancellationRequested();
        using DisposeScope scope = NewDisposeScope();
        var solution = new ManagedMotionSolution(program, method, steps, starts.contiguous(), lengths.contiguous(), controls?.contiguous(), differentiable);
        scope.MoveToOuter(solution.States);
        return solution;
    }
}
