using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Learns a few rows on which a linear model trains to what all rows make of it (Wang, Zhu, Torralba and Efros 2018, "Dataset distillation", with the gradient through the minimum
/// instead of through steps): the objective of all rows, at the minimum of the objective of the few, is minimised in the few.
/// </summary>
internal sealed class LinearDistillation
{
    // Of a Newton decrement: the factorisation that the gradient takes was made at its root, and few rows that are told apart leave little curvature.
    private const double Tolerance = 1e-20;
    private const int MaximumSteps = 100;

    // A row that is told from another by a feature that says nothing would drift apart from it without end. Deviations of the data, beyond which it has hardly a row.
    private const double UsualFeature = 5;

    private readonly LinearProblem _whole;
    private readonly Tensor _penalties;
    private readonly LinearRows _drawn;
    private readonly DistilledVariables _variables;
    private readonly HypergradientSearch _search;
    private readonly CancellationToken _cancellationToken;
    private LinearFit? _latest;

    /// <param name="whole">Training on all rows.</param>
    /// <param name="penalties">Penalties, <c>[features + 1]</c>, the intercept's 0.</param>
    /// <param name="weighs">Whether rows are weighed.</param>
    /// <param name="options">Settings.</param>
    /// <param name="cancellationToken">Looked at once a Newton step.</param>
    /// <exception cref="ArgumentException">There are too few rows, or too many classes.</exception>
    public LinearDistillation(LinearProblem whole, Tensor penalties, bool weighs, RowDistillationOptions options, CancellationToken cancellationToken)
    {
        (_whole, _penalties, _cancellationToken) = (whole, penalties, cancellationToken);
        _drawn = DistillationStart.Draw(whole.Training, whole.Loss, options.Count, options.Seed);
        _variables = new DistilledVariables(DistillationStart.Perturb(_drawn, whole.Training, options.Seed), whole.Loss.HasClasses, weighs);
        _search = new HypergradientSearch(options.MaximumEvaluations, options.Progress, options.OnCancellation, cancellationToken);
    }

    /// <summary>What learning sets out from, as one vector.</summary>
    public double[] Start => _variables.Start;

    public IReadOnlyList<TuningProgress> History => _search.History;

    /// <summary>Learns the rows.</summary>
    /// <returns>Them, in the units of the data as a model sees it.</returns>
    /// <exception cref="OperationCanceledException">Cancelled, and that is to be an exception or nothing was evaluated.</exception>
    public LinearRows Run()
    {
        try
        {
            using Tensor best = tensor(_search.Run(Start, Evaluate, Differentiate));
            return _variables.Rows(best);
        }
        finally
        {
            _latest?.Dispose();
        }
    }

    /// <summary>Mean loss on all rows of what rows drawn from them give.</summary>
    public double RandomLoss() => LossOf(_drawn);

    /// <summary>Mean loss on all rows of what all rows give.</summary>
    public double FullLoss()
    {
        using LinearFit fit = _whole.Minimize(_penalties, _whole.Shares, _whole.Start(), Tolerance, MaximumSteps, _cancellationToken);
        return _whole.MeanLoss(_whole.Training, fit.Weights).item<double>();
    }

    /// <summary>Mean loss on all rows of what some rows give.</summary>
    public double LossOf(LinearRows rows)
    {
        OwnUnits units = OwnUnits.Of(rows, _whole.Loss.HasClasses);
        using var problem = new LinearProblem(_whole.Loss, units.Apply(rows));
        using LinearFit fit = problem.Minimize(_penalties, problem.Shares, problem.Start(), Tolerance, MaximumSteps, CancellationToken.None);
        return _whole.MeanLoss(_whole.Training, units.Restore(fit.Weights)).item<double>();
    }

    internal SearchEvaluation Evaluate(Tensor v)
    {
        LinearRows rows = _variables.Rows(v);
        OwnUnits units = OwnUnits.Of(rows, _whole.Loss.HasClasses);
        using var problem = new LinearProblem(_whole.Loss, units.Apply(rows));
        LinearFit fit = problem.Minimize(_penalties, problem.Shares, _latest?.Weights ?? problem.Start(), Tolerance, MaximumSteps, _cancellationToken);
        _latest?.Dispose();
        _latest = fit;
        Tensor weights = units.Restore(fit.Weights);
        return new SearchEvaluation(
            _whole.Objective(weights, _penalties, _whole.Shares).Plus(Excess(rows)).item<double>(),
            problem.Objective(fit.Weights, _penalties, problem.Shares).item<double>(),
            _whole.MeanLoss(_whole.Training, weights).item<double>(),
            fit.Steps);
    }

    // The search asks for derivatives where it has just evaluated.
    internal Tensor Differentiate(Tensor v)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable graph = enable_grad();
        Tensor variables = v.detach().requires_grad_(), weights = _latest!.Weights.detach().requires_grad_();
        LinearRows rows = _variables.Rows(variables);
        OwnUnits units = OwnUnits.Of(rows, _whole.Loss.HasClasses);
        using var problem = new LinearProblem(_whole.Loss, units.Apply(rows));
        var hessian = new LossHessian(problem.Objective(weights, _penalties, problem.Shares), [weights], damping: 0, isConvex: true);
        Tensor objective = _whole.Objective(units.Restore(weights), _penalties, _whole.Shares).Plus(Excess(rows));
        return Hypergradient.Compute(hessian, _latest.InverseHessian, objective, [weights], [variables], _cancellationToken).Gradients[0].MoveToOuterDisposeScope();
    }

    // Of features beyond what is usual, and beyond where they set out.
    private Tensor Excess(LinearRows rows) => (rows.Features.abs() - _drawn.Features.abs().clamp_min(UsualFeature.Held())).clamp_min(0.0.Held()).Squared().mean();
}
