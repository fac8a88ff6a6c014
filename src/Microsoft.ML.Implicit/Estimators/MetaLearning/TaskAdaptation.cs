using Microsoft.ML.Implicit.Layers.Optimization;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Optimization;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// The weights of each task as the minimiser of the losses of its rows plus ½ Σ λ (w − m)², where the shared weights m and λ, one a feature and one for the intercept, are
/// meta-parameters (Rajeswaran, Finn, Kakade and Levine 2019, "Meta-learning with implicit gradients"), differentiable in them by the implicit function theorem.
/// </summary>
/// <param name="loss">Loss of a row.</param>
internal sealed class TaskAdaptation(LinearLoss loss)
{
    // Up to it a Hessian of each task is cheaper than many steps without.
    private const long LargestDense = 64;

    /// <summary>Adapts to every task.</summary>
    /// <param name="rows">The tasks' rows.</param>
    /// <param name="shared">m, <c>[features + 1, outputs]</c>.</param>
    /// <param name="logPenalties">log λ, <c>[features + 1]</c>.</param>
    /// <param name="initial">Weights to set out from, <c>[tasks, features + 1, outputs]</c>.</param>
    /// <param name="cancellationToken">Looked at once a step.</param>
    /// <returns>The weights of the tasks, <c>[tasks, features + 1, outputs]</c>, with a graph to the meta-parameters.</returns>
    public MinimizationResult Adapt(TaskRows rows, Tensor shared, Tensor logPenalties, Tensor initial, CancellationToken cancellationToken)
    {
        IMinimizer minimizer = shared.numel() <= LargestDense ? new NewtonMinimizer() : new LbfgsMinimizer();
        var layer = new ArgMin((weights, inputs) => Objective(rows, weights, inputs[0], inputs[1]), minimizer, throwOnFailure: false);
        return layer.Solve(initial, [shared, logPenalties], bounds: null, cancellationToken);
    }

    private Tensor Objective(TaskRows rows, Tensor weights, Tensor shared, Tensor logPenalties)
    {
        Tensor distances = (logPenalties.exp().unsqueeze(1) * (weights - shared).Squared()).sum([1, 2]);
        return rows.Losses(loss, weights).Plus(distances * 0.5.Held());
    }
}
