using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Roots;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// The weights of each task as the minimiser of the losses of its rows plus ½ Σ λ (w − m)², where the shared weights m and λ, one a feature and one for the intercept, are
/// meta-parameters (Rajeswaran, Finn, Kakade and Levine 2019, "Meta-learning with implicit gradients"), by Newton's method and differentiable in them by the implicit function theorem.
/// </summary>
/// <param name="loss">Loss of a row.</param>
/// <param name="tasks">Rows of the tasks.</param>
internal sealed class TaskAdaptation(LinearLoss loss, GroupedTasks tasks)
{
    // Of a Newton decrement, relative to the objective.
    private const double Tolerance = 1e-22;
    private const int MaximumSteps = 100;

    private const double SufficientDecrease = 1e-4;
    private const int MostHalvings = 40;

    private readonly TaskHessianSolver _solver = new();

    /// <summary>Adapts to every task.</summary>
    /// <param name="shared">m, <c>[features + 1, outputs]</c>.</param>
    /// <param name="logPenalties">log λ, <c>[features + 1]</c>.</param>
    /// <param name="initial">Weights to set out from, <c>[tasks, features + 1, outputs]</c>.</param>
    /// <param name="cancellationToken">Looked at once a step.</param>
    /// <returns>The weights of the tasks, <c>[tasks, features + 1, outputs]</c>, with a graph to the meta-parameters, and the steps of the task that took most.</returns>
    public (Tensor Weights, int Steps) Adapt(Tensor shared, Tensor logPenalties, Tensor initial, CancellationToken cancellationToken)
    {
        int most = 0;
        Tensor adapted = tasks.Join(tasks.Groups.Select(group =>
        {
            var optimality = new TaskOptimality(group, loss);
            (Tensor weights, int steps) = Minimize(group, optimality, shared.detach(), logPenalties.detach(), initial.index_select(0, group.Tasks), cancellationToken);
            most = Math.Max(most, steps);
            return ImplicitSolve.Attach(new RootRule(optimality, _solver, throwOnFailure: false), [shared, logPenalties], [weights], [weights])[0];
        }));
        return (adapted, most);
    }

    private (Tensor Weights, int Steps) Minimize(
        TaskGroup group, TaskOptimality optimality, Tensor shared, Tensor logPenalties, Tensor initial, CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        Tensor weights = initial;
        for (int step = 1; ; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope each = NewDisposeScope();
            var hessian = (TaskHessian)optimality.Linearize(weights, [shared, logPenalties]);
            using IFactorization inverse = _solver.Prepare(hessian);
            Tensor direction = inverse.Solve(hessian.Value, cancellationToken).Solution;
            Tensor decrements = (hessian.Value * direction).sum(1), values = Values(weights);
            weights = Descend(weights, direction.view(weights.shape), values, decrements).MoveToOuterDisposeScope();

            // Convergence is quadratic: this step leaves the square of what it found.
            double largest = (decrements / (values.abs().Plus(1.Held()))).max().item<double>();
            if (!(largest > Math.Sqrt(Tolerance)) || step == MaximumSteps)
            {
                return (weights.MoveToOuterDisposeScope(), step);
            }
        }

        Tensor Values(Tensor at) => group.Losses(loss, at).Plus((logPenalties.exp().unsqueeze(1) * (at - shared).Squared()).sum([1, 2]) * 0.5.Held());

        // Steps are halved until they gain, task by task; where the gain is lost in rounding, the whole step is the best there is.
        Tensor Descend(Tensor from, Tensor direction, Tensor values, Tensor decrements)
        {
            Tensor lengths = ones_like(values), isLost = decrements.lt(values.abs().Plus(1.Held()) * 1e-12.Held());
            for (int halving = 0; ; halving++)
            {
                Tensor candidate = from - (direction * lengths.view(-1, 1, 1));
                Tensor gains = Values(candidate).le(values - (lengths * decrements * SufficientDecrease.Held())).logical_or(isLost);
                if (halving == MostHalvings || gains.all().item<bool>())
                {
                    return candidate;
                }

                lengths = where(gains, lengths, lengths * 0.5.Held());
            }
        }
    }
}
