using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A training, each time from the minimum before, and rows that it has not seen.</summary>
/// <param name="problem">The training: rows whose weights are tuned first, and any others after them.</param>
/// <param name="held">The rows that it has not seen.</param>
internal sealed class LinearFold(LinearProblem problem, LinearRows held) : IDisposable
{
    private const int MaximumSteps = 100;

    public LinearProblem Problem => problem;

    public LinearRows Held => held;

    /// <summary>The minimum found last, outside of any dispose scope.</summary>
    public LinearFit? Latest { get; private set; }

    /// <summary>Trainings that each leave out a part of the rows.</summary>
    /// <param name="loss">Loss of a row.</param>
    /// <param name="first">Rows that come first in every training, or <see langword="null"/>.</param>
    /// <param name="rows">Rows of which each training leaves out a part.</param>
    /// <param name="parts">Indices of each part, int64.</param>
    /// <param name="last">Rows that come last in every training, or <see langword="null"/>.</param>
    public static LinearFold[] LeaveOut(LinearLoss loss, LinearRows? first, LinearRows rows, IReadOnlyList<Tensor> parts, LinearRows? last) =>
        [.. parts.Select((part, i) => new LinearFold(new LinearProblem(loss, LinearRows.Join(first, rows.Select(Rest(parts, i)), last)), rows.Select(part)))];

    /// <summary>The rows of all parts but one, in the order of the trainings.</summary>
    public static Tensor Rest(IReadOnlyList<Tensor> parts, int left) => cat([.. parts.Where((_, part) => part != left)]);

    /// <summary>Trains.</summary>
    /// <param name="penalties"><c>[features + 1]</c>, the intercept's 0.</param>
    /// <param name="weights">Factors of the weights of the first rows, or <see langword="null"/>.</param>
    /// <param name="tolerance">Newton decrement at which it ends.</param>
    /// <param name="cancellationToken">Looked at once a step.</param>
    public LinearFit Train(Tensor penalties, Tensor? weights, double tolerance, CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        LinearFit fit = problem.Minimize(penalties, SharesOf(weights), Latest?.Weights ?? problem.Start(), tolerance, MaximumSteps, cancellationToken);
        Latest?.Dispose();
        return Latest = fit;
    }

    /// <summary>Shares of the rows in the mean, <c>[rows]</c>, with a graph to the factors.</summary>
    public Tensor SharesOf(Tensor? weights)
    {
        if (weights is null)
        {
            return problem.Shares;
        }

        long others = problem.Training.Count - weights.shape[0];
        Tensor shares = problem.Shares * (others > 0 ? cat([weights, ones([others], ScalarType.Float64)]) : weights);
        return shares / shares.sum();
    }

    /// <summary>The loss of each row that was not seen, times its weight, <c>[rows]</c>, with a graph to the model's weights.</summary>
    public Tensor Losses(Tensor modelWeights) => problem.Loss.Losses(held.Features.mm(modelWeights), held.Targets) * held.Weights;

    /// <summary>The gradient of their sum in the model's weights, <c>[features + 1, outputs]</c>.</summary>
    /// <param name="modelWeights"><c>[features + 1, outputs]</c>.</param>
    /// <param name="judges">Factors of the losses, <c>[rows]</c>, or <see langword="null"/>.</param>
    public Tensor Slope(Tensor modelWeights, Tensor? judges)
    {
        Tensor weights = judges is null ? held.Weights : held.Weights * judges;
        return held.Features.t().mm(problem.Loss.Slope(held.Features.mm(modelWeights), held.Targets) * weights.unsqueeze(1));
    }

    public void Dispose()
    {
        Latest?.Dispose();
        problem.Dispose();
    }
}
