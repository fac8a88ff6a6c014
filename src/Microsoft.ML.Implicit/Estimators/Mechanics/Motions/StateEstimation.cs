using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// The states from which motions fit windows of observations best: least squares by the method of Levenberg and Marquardt, all windows at once, with derivatives by differences. The gradient of
/// the loss at the best start is that at a fixed start (Golub and Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose variables separate", 1973),
/// so that training needs no derivative of the estimate.
/// </summary>
/// <param name="solver">Solves motions.</param>
/// <param name="angles">Which variables are angles.</param>
internal sealed class StateEstimation(MotionSolver solver, int[] angles)
{
    private const double Difference = 1e-5;
    private const double FirstDamping = 1e-3;
    private const double LeastCurvature = 1e-12;

    /// <summary>Improves starts; a start that cannot be improved stays as it is.</summary>
    /// <param name="batch">Windows.</param>
    /// <param name="starts">States to set out from, [windows, width].</param>
    /// <param name="iterations">Steps of the method.</param>
    /// <param name="cancellationToken">Looked at in every step.</param>
    public Tensor Improve(MotionBatch batch, Tensor starts, int iterations, CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        long rows = starts.shape[0], width = starts.shape[1];
        MotionBatch varied = batch.Repeat(width + 1);
        Tensor identity = eye(width, dtype: starts.dtype, device: starts.device);
        Tensor offsets = cat([zeros_like(identity[..1]), identity * Difference.Held()]).unsqueeze(1);
        Tensor best = starts, trial = starts;
        Tensor cost = full([rows], double.PositiveInfinity.Held(), starts.dtype, starts.device);
        Tensor damping = full([rows, 1, 1], FirstDamping.Held(), starts.dtype, starts.device);
        Tensor curvature = zeros([rows, width, width], starts.dtype, starts.device), slope = zeros([rows, width, 1], starts.dtype, starts.device);
        for (int iteration = 0; iteration <= iterations; iteration++)
        {
            bool isLast = iteration == iterations;
            Tensor states = isLast
                ? Solve(batch, trial, cancellationToken).unsqueeze(1)
                : Solve(varied, trial.unsqueeze(0).Plus(offsets).view(-1, width), cancellationToken).view(-1, width + 1, rows, width);
            Tensor residual = MotionResiduals.Of(batch, states.select(1, 0), angles);
            Tensor trialCost = residual.Squared().sum([0, 2]);
            Tensor isBetter = trialCost.lt(cost);
            best = where(isBetter.unsqueeze(1), trial, best);
            if (isLast)
            {
                break;
            }

            cost = where(isBetter, trialCost, cost);
            Tensor one = isBetter.view(-1, 1, 1);

            // [windows, observations and variables, variables of the start].
            Tensor jacobian = ((states.narrow(1, 1, width) - states.narrow(1, 0, 1)) * (1 / Difference).Held() * batch.Mask.unsqueeze(1)).permute(2, 0, 3, 1).reshape(rows, -1, width);
            curvature = where(one, jacobian.transpose(1, 2).matmul(jacobian), curvature);
            slope = where(one, jacobian.transpose(1, 2).matmul(residual.permute(1, 0, 2).reshape(rows, -1, 1)), slope);
            damping = where(one, damping * 0.3.Held(), damping * 10.Held());
            Tensor damped = curvature.Plus(diag_embed(curvature.diagonal(0, 1, 2)) * damping).Plus(identity * LeastCurvature.Held());
            trial = best.Plus(linalg.solve(damped, slope).squeeze(2));
        }

        return best.clone().MoveToOuterDisposeScope();
    }

    /// <summary>States at all observations of windows, [pieces + 1, windows, width].</summary>
    private Tensor Solve(MotionBatch batch, Tensor starts, CancellationToken cancellationToken)
    {
        using IMotionSolution solution = Solve(solver, batch, starts, differentiable: false, cancellationToken);
        return solution.States.alias();
    }

    /// <summary>Solves through windows as training does.</summary>
    public static IMotionSolution Solve(MotionSolver solver, MotionBatch batch, Tensor starts, bool differentiable, CancellationToken cancellationToken)
    {
        int steps = (int)Math.Clamp(Math.Ceiling(batch.LongestPiece / MechanicsScaling.TrainingStep), 1, 1 << 16);
        return solver.Solve(starts, batch.Lengths, batch.Controls, OdeMethods.RungeKutta4, steps, differentiable, cancellationToken);
    }
}
