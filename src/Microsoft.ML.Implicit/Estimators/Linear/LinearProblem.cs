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
    private const double SufficientDecrease = 1e-4;
    private const int MostHalvings = 40;

    private readonly NewtonSteps _steps = new(loss.IsQuadratic);
    private (Tensor Shares, Tensor Matrix)? _gram;
    private Tensor? _columns;

    public LinearLoss Loss => loss;

    public LinearRows Training => training;

    /// <summary>Shares of the rows in the mean as their weights are, <c>[rows]</c>.</summary>
    public Tensor Shares { get; } = training.Weights / training.Weights.sum();

    /// <summary>The features as columns, <c>[features + 1, rows]</c>: products with few vectors take half as long as with the rows transposed.</summary>
    public Tensor Columns => _columns ??= training.Features.t().contiguous().DetachFromDisposeScope();

    /// <summary>Where a search sets out.</summary>
    public Tensor Start() => zeros([training.Features.shape[1], loss.OutputCount], ScalarType.Float64);

    /// <summary>The objective, with a graph to what requires gradients.</summary>
    /// <param name="weights"><c>[features + 1, outputs]</c>.</param>
    /// <param name="penalties"><c>[features + 1]</c>, the intercept's 0.</param>
    /// <param name="shares">Shares of the rows in the mean, <c>[rows]</c>.</param>
    public Tensor Objective(Tensor weights, Tensor penalties, Tensor shares) => Objective(training.Features.mm(weights), weights, penalties, shares);

    /// <summary>Its gradient in the weights, <c>[features + 1, outputs]</c>, with a graph to what requires gradients.</summary>
    /// <param name="weights"><c>[features + 1, outputs]</c>.</param>
    /// <param name="penalties"><c>[features + 1]</c>, the intercept's 0.</param>
    /// <param name="shares">Shares of the rows in the mean, <c>[rows]</c>.</param>
    public Tensor Gradient(Tensor weights, Tensor penalties, Tensor shares) => Gradient(training.Features.mm(weights), weights, penalties, shares);

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
        using IDisposable noGraph = no_grad();
        Tensor weights = initial.detach().clone();
        for (int step = 1; ; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Tensor outputs = training.Features.mm(weights), gradient = Gradient(outputs, weights, penalties, shares);
            double value = Objective(outputs, weights, penalties, shares).item<double>();
            double scale = 1 + Math.Abs(value);
            var hessian = new LinearHessian(this, weights, shares, penalties);
            NewtonStep newton = _steps.Next(hessian, gradient, scale, tolerance, cancellationToken);
            double decrement = (gradient * newton.Direction).sum().ReadDouble();
            weights = Descend(weights, newton.Direction, value, decrement, penalties, shares);

            bool isOver = !(_steps.Left(decrement / scale, newton.Residual) > tolerance);
            if (isOver || step == maximumSteps)
            {
                return new LinearFit(weights.DetachFromDisposeScope(), hessian, newton.Inverse, step, isOver && double.IsFinite(decrement));
            }

            newton.Inverse.Dispose();
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

    public void Dispose()
    {
        _steps.Dispose();
        _gram?.Matrix.Dispose();
        _columns?.Dispose();
    }

    private Tensor Objective(Tensor outputs, Tensor weights, Tensor penalties, Tensor shares)
    {
        Tensor mean = (loss.Losses(outputs, training.Targets) * shares).sum();
        Tensor objective = mean.Plus((penalties.unsqueeze(1) * weights.Squared()).sum() * 0.5.Held());

        // It is least where the intercepts' sum is zero, which is free there; without it the minimum would be one of many.
        return loss.IgnoresShifts ? objective.Plus(weights[-1].sum().Squared() * 0.5.Held()) : objective;
    }

    private Tensor Gradient(Tensor outputs, Tensor weights, Tensor penalties, Tensor shares)
    {
        Tensor gradient = Columns.mm(loss.Slope(outputs, training.Targets) * shares.unsqueeze(1)).PlusInPlace(penalties.unsqueeze(1) * weights);
        if (loss.IgnoresShifts)
        {
            gradient[-1].PlusInPlace(weights[-1].sum());
        }

        return gradient;
    }

    // Steps are halved until they gain; where the gain is lost in rounding, the whole step is the best there is.
    private Tensor Descend(Tensor weights, Tensor direction, double value, double decrement, Tensor penalties, Tensor shares)
    {
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
