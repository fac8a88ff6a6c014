using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// The convex problem of a penalised linear model: the weighted mean loss plus ½ Σ λ w² over the weights of each feature, intercepts without penalty, by Newton's method in
/// float64. Weights are <c>[features + 1, outputs]</c>, the intercepts last.
/// </summary>
/// <param name="loss">Loss of a row.</param>
/// <param name="training">Training rows.</param>
internal sealed class LinearProblem(LinearLoss loss, LinearRows training) : IDisposable
{
    // Up to it a factorisation is cheaper than the products of conjugate gradients.
    private const long LargestDense = 1500;

    private const double SufficientDecrease = 1e-4;
    private const int MostHalvings = 40;

    private readonly ILinearSolver _direct = new CholeskySolver();
    private readonly ILinearSolver _products = new PreconditionedLinearSolver();
    private (Tensor Shares, Tensor Matrix)? _gram;

    public LinearLoss Loss => loss;

    public LinearRows Training => training;

    /// <summary>Shares of the rows in the mean as their weights are, <c>[rows]</c>.</summary>
    public Tensor Shares { get; } = training.Weights / training.Weights.sum();

    /// <summary>Where a search sets out.</summary>
    public Tensor Start() => zeros([training.Features.shape[1], loss.OutputCount], ScalarType.Float64);

    /// <summary>The objective, with a graph to what requires gradients.</summary>
    /// <param name="weights"><c>[features + 1, outputs]</c>.</param>
    /// <param name="penalties"><c>[features + 1]</c>, the intercept's 0.</param>
    /// <param name="shares">Shares of the rows in the mean, <c>[rows]</c>.</param>
    public Tensor Objective(Tensor weights, Tensor penalties, Tensor shares)
    {
        Tensor mean = (loss.Losses(training.Features.mm(weights), training.Targets) * shares).sum();
        Tensor objective = mean.Plus((penalties.unsqueeze(1) * weights.Squared()).sum() * 0.5.Held());

        // It is least where the intercepts' sum is zero, which is free there; without it the minimum would be one of many.
        return loss.IgnoresShifts ? objective.Plus(weights[-1].sum().Squared() * 0.5.Held()) : objective;
    }

    /// <summary>The mean loss on other rows, with a graph to the weights.</summary>
    public Tensor MeanLoss(LinearRows rows, Tensor weights) =>
        (loss.Losses(rows.Features.mm(weights), rows.Targets) * rows.Weights).sum() / rows.Weights.sum();

    /// <summary>Minimises.</summary>
    /// <param name="penalties"><c>[features + 1]</c>, without a graph.</param>
    /// <param name="shares"><c>[rows]</c>, without a graph.</param>
    /// <param name="initial">Weights to set out from.</param>
    /// <param name="tolerance">Newton decrement, relative to the objective, below which it ends.</param>
    /// <param name="maximumSteps">Limit on steps.</param>
    /// <param name="cancellationToken">Looked at once a step.</param>
    /// <returns>The minimum, which the caller disposes of.</returns>
    public LinearFit Minimize(Tensor penalties, Tensor shares, Tensor initial, double tolerance, int maximumSteps, CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor weights = initial.detach().clone();
        for (int step = 1; ; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (double value, Tensor gradient) = Linearize(weights, penalties, shares);
            var hessian = new LinearHessian(this, weights, shares, penalties);
            IFactorization inverse = (hessian.Width <= LargestDense ? _direct : _products).Prepare(hessian);
            Tensor direction = inverse.Solve(gradient.view(1, -1), cancellationToken).Solution.view(weights.shape);
            double decrement = (gradient * direction).sum().ReadDouble();
            weights = Descend(weights, direction, value, decrement, penalties, shares);

            // Convergence is quadratic: this step leaves the square of what it found.
            bool isOver = loss.IsQuadratic || !(decrement > Math.Sqrt(tolerance) * (1 + Math.Abs(value)));
            if (isOver || step == maximumSteps)
            {
                return new LinearFit(weights.DetachFromDisposeScope(), hessian, inverse, step, isOver && double.IsFinite(decrement));
            }

            inverse.Dispose();
            hessian.Dispose();
        }
    }

    /// <summary>The features' Gram matrix, kept while the shares are the same.</summary>
    public Tensor Gram(Tensor shares)
    {
        if (!ReferenceEquals(_gram?.Shares, shares))
        {
            _gram?.Matrix.Dispose();
            _gram = (shares, training.Features.t().mm(training.Features * shares.unsqueeze(1)).DetachFromDisposeScope());
        }

        return _gram.Value.Matrix;
    }

    public void Dispose() => _gram?.Matrix.Dispose();

    private (double Value, Tensor Gradient) Linearize(Tensor weights, Tensor penalties, Tensor shares)
    {
        using IDisposable graph = enable_grad();
        Tensor variable = weights.detach().requires_grad_();
        Tensor value = Objective(variable, penalties, shares);
        value.backward();
        return (value.item<double>(), variable.grad!);
    }

    // Steps are halved until they gain; where the gain is lost in rounding, the whole step is the best there is.
    private Tensor Descend(Tensor weights, Tensor direction, double value, double decrement, Tensor penalties, Tensor shares)
    {
        using IDisposable noGraph = no_grad();
        Tensor whole = weights - direction;
        if (loss.IsQuadratic || decrement < 1e-12 * (1 + Math.Abs(value)))
        {
            return whole;
        }

        double length = 1;
        for (int halving = 0; halving < MostHalvings; halving++, length /= 2)
        {
            Tensor candidate = halving == 0 ? whole : weights - (direction * length.Held());
            if (Objective(candidate, penalties, shares).item<double>() <= value - (SufficientDecrease * length * decrement))
            {
                return candidate;
            }
        }

        return weights;
    }
}
