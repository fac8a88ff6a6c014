using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Learns meta-parameters: after adapting to some rows of each task, the loss of others is minimised by its gradient through the adaptation (implicit MAML, Rajeswaran et al. 2019).
/// </summary>
internal sealed class MetaLearning
{
    // In natural logarithms: wide enough for any penalty that data speaks for, and narrow enough to come back from those for which it does not.
    private const double PenaltySpread = 5;
    private const double Tolerance = 1e-12;
    private const int MaximumSteps = 100;

    private readonly LinearLoss _loss;
    private readonly GroupedTasks _support;
    private readonly GroupedTasks _query;
    private readonly Tensor _shares;
    private readonly long _queryRows;
    private readonly double _penalty;
    private readonly HypergradientSearch _search;
    private readonly CancellationToken _cancellationToken;
    private Tensor? _latest;
    private Tensor? _variables;
    private Tensor? _objective;

    /// <summary>Creates it; its tensors belong to the current dispose scope.</summary>
    /// <param name="loss">Loss of a row.</param>
    /// <param name="splits">Parts of the tasks.</param>
    /// <param name="options">Settings.</param>
    /// <param name="cancellationToken">Looked at once a step of adapting.</param>
    public MetaLearning(LinearLoss loss, TaskSplits splits, MetaLearnedLinearOptions options, CancellationToken cancellationToken)
    {
        (_loss, _penalty, _cancellationToken) = (loss, options.Penalty, cancellationToken);
        (_support, _query, _shares, _queryRows) = (new GroupedTasks(splits.Support), new GroupedTasks(splits.Query), splits.Shares, splits.Query.Rows.Count);
        _search = new HypergradientSearch(options.MaximumEvaluations, options.Progress, options.OnCancellation, cancellationToken);
    }

    public IReadOnlyList<TuningProgress> History => _search.History;

    /// <summary>What to set out from: the model that is the same for all tasks, and λ as large as the loss of a row.</summary>
    public static MetaParameters Start(LinearLoss loss, LinearRows rows, double penalty, CancellationToken cancellationToken)
    {
        using var problem = new LinearProblem(loss, rows);
        long width = rows.Features.shape[1];
        Tensor penalties = cat([full([width - 1], penalty.Held(), ScalarType.Float64), zeros([1], ScalarType.Float64)]);
        using LinearFit fit = problem.Minimize(penalties, problem.Shares, problem.Start(), Tolerance, MaximumSteps, cancellationToken);
        return new MetaParameters(fit.Weights.clone(), zeros([width], ScalarType.Float64));
    }

    /// <summary>Learns.</summary>
    /// <param name="start">Meta-parameters to set out from.</param>
    /// <exception cref="OperationCanceledException">Cancelled, and that is to be an exception or nothing was evaluated.</exception>
    public MetaParameters Run(MetaParameters start)
    {
        try
        {
            using Tensor best = tensor(_search.Run(start.ToArray(), Evaluate, Differentiate));
            return MetaParameters.Of(best, _loss.OutputCount);
        }
        finally
        {
            _latest?.Dispose();
        }
    }

    internal SearchEvaluation Evaluate(Tensor v)
    {
        using IDisposable graph = enable_grad();
        _variables = v.detach().clone().requires_grad_();
        MetaParameters parameters = MetaParameters.Of(_variables, _loss.OutputCount);
        Tensor initial = _latest ?? parameters.Shared.detach().unsqueeze(0).expand([_shares.shape[0], .. parameters.Shared.shape]);
        (Tensor weights, int steps) = new TaskAdaptation(_loss, _support).Adapt(parameters.Shared, parameters.LogPenalties, initial, _cancellationToken);
        _latest?.Dispose();
        _latest = weights.detach().clone().DetachFromDisposeScope();

        Tensor validation = (_query.Losses(_loss, weights) / _query.Weights() * _shares).sum();
        Tensor slopes = parameters.Shared.narrow(0, 0, parameters.Shared.shape[0] - 1);
        Tensor expectation = slopes.Squared().sum() * (0.5 * _penalty).Held();

        // Evidence and expectation in nats, a row that is predicted.
        Tensor surprise = parameters.LogPenalties.Squared().sum() * (0.5 / (PenaltySpread * PenaltySpread * _queryRows)).Held();
        _objective = _loss.ToNats(validation.Plus(expectation)).Plus(surprise);
        double training = (_support.Losses(_loss, weights.detach()) * _shares).sum().item<double>();
        return new SearchEvaluation(_objective.item<double>(), training, validation.item<double>(), steps);
    }

    // The search asks for derivatives where it has just evaluated.
    internal Tensor Differentiate(Tensor v)
    {
        ImplicitBackward.Run(() => _objective!.backward());
        return _variables!.grad!;
    }
}
