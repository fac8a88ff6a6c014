using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Tunes the penalties and example weights of a linear model: first what all have in common by all validation rows, then the deviations of each penalty, as far as they help
/// validation rows that they were not tuned by.
/// </summary>
internal sealed class LinearTuning : IDisposable
{
    private const int WeightingRounds = 2;
    private const int Halves = 2;
    private const int MaximumSteps = 100;

    private readonly LinearLoss _loss;
    private readonly LinearRows _training;
    private readonly LinearRows _validation;
    private readonly RegularizationTuningOptions _options;
    private readonly TunedVariables _variables;
    private readonly CancellationToken _cancellationToken;
    private readonly Generator _generator = new(1, CPU);
    private readonly IReadOnlyList<LinearFold> _folds;
    private readonly TuningRecord _record;
    private ExampleAgreement? _agreement;
    private double[] _best;
    private Tensor? _bestAgreement;
    private double _lowest = double.PositiveInfinity;
    private int _bestEvaluation = 1;

    /// <summary>Creates it; its tensors belong to the current dispose scope.</summary>
    /// <param name="problem">Training.</param>
    /// <param name="validation">Validation rows.</param>
    /// <param name="initial">Penalties to set out from, float64 <c>[features]</c>.</param>
    /// <param name="options">What is tuned.</param>
    /// <param name="cancellationToken">Looked at once a Newton step.</param>
    public LinearTuning(LinearProblem problem, LinearRows validation, Tensor initial, RegularizationTuningOptions options, CancellationToken cancellationToken)
    {
        (_loss, _training, _validation, _options, _cancellationToken) = (problem.Loss, problem.Training, validation, options, cancellationToken);
        _record = new TuningRecord(options.MaximumEvaluations, options.Progress);
        _variables = new TunedVariables(initial, options);
        _best = new double[_variables.CommonCount];
        int folds = (int)Math.Min(options.FoldCount, validation.Count);
        _folds = folds < 2
            ? [new LinearFold(new LinearProblem(_loss, _training), validation)]
            : LinearFold.LeaveOut(_loss, _training, validation, RowParts.Draw(validation.Count, folds, _generator), null);
    }

    private bool TrainsOnValidationRows => _folds.Count > 1;

    /// <summary>Tunes, and trains with the best.</summary>
    /// <param name="tolerance">Newton decrement at which the last training ends.</param>
    /// <exception cref="OperationCanceledException">Cancelled, and that is to be an exception or nothing was evaluated.</exception>
    public LinearTuningResult Run(double tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        try
        {
            TuneCommon();
            TuneEach();
        }
        catch (OperationCanceledException) when (_options.OnCancellation == CancellationBehavior.ReturnBestModel && _record.Evaluations.Count > 0)
        {
        }

        using IDisposable noGraph = no_grad();
        Tensor v = tensor(_best), penalties = _variables.Penalties(v);
        Tensor? weights = _variables.ExampleWeights(v, _bestAgreement);
        using var all = new LinearFold(new LinearProblem(_loss, LinearRows.Join(_training, TrainsOnValidationRows ? _validation : null)), _validation);
        LinearFit fit = all.Problem.Minimize(
            penalties, all.SharesOf(weights), _folds[0].Latest!.Weights, tolerance, MaximumSteps, CancellationToken.None);
        return new LinearTuningResult(fit, penalties.data<double>().ToArray()[..^1], weights?.data<double>().ToArray(), _record.Evaluations);
    }

    public void Dispose()
    {
        foreach (LinearFold fold in _folds)
        {
            fold.Dispose();
        }

        _agreement?.Dispose();
        _generator.Dispose();
    }

    // What is common is tuned by all validation rows, for which it has not the freedom to follow each of them.
    private void TuneCommon()
    {
        int evaluations = _options.TunesEachPenalty ? Math.Max(1, _options.MaximumEvaluations / 3) : _options.MaximumEvaluations;
        if (!_options.TuneExampleWeights)
        {
            Search(null, evaluations);
            return;
        }

        // Models that have not seen a row say most of its label with a penalty that suits them, and after that with the weights that were found.
        int each = Math.Max(1, evaluations / (WeightingRounds + 1));
        Search(null, each);
        for (int round = 0; round < WeightingRounds; round++)
        {
            Search(FindAgreement(), each);
        }
    }

    private void Search(Tensor? agreement, int evaluations) =>
        new LinearSearch(_folds, _variables, agreement, null, evaluation => Keep(evaluation, agreement), _cancellationToken).Run(_best, evaluations);

    // Half of the validation rows judges each search, and the other half says when it has learned that half and not the penalties; the two are averaged.
    private void TuneEach()
    {
        int evaluations = (_options.MaximumEvaluations - _record.Evaluations.Count - 1) / Halves;
        if (!_options.TunesEachPenalty || evaluations < 2 || _folds.Any(fold => fold.Held.Count < Halves))
        {
            return;
        }

        double[] start = [.. _best, .. new double[_variables.Count - _best.Length]];
        Tensor[][] halves = [.. _folds.Select(fold => RowParts.Draw(fold.Held.Count, Halves, _generator))];
        IReadOnlyList<LinearEvaluation>[] paths = [.. Enumerable.Range(0, Halves).Select(half =>
        {
            Tensor[] judges = [.. _folds.Select((fold, i) => zeros([fold.Held.Count], ScalarType.Float64).index_fill(0, halves[i][half], 1.Held()))];
            var search = new LinearSearch(_folds, _variables, _bestAgreement, judges, evaluation => Tell(evaluation), _cancellationToken);
            search.Run(start, evaluations);
            return search.Path;
        })];
        LinearEvaluation[] chosen = Enumerable.Range(0, evaluations)
            .Select(end => paths.Select(path => path[Math.Min(end, path.Count - 1)]).ToArray())
            .MinBy(ends => ends.Sum(evaluation => evaluation.OtherLoss))!;
        double[] mean = [.. Enumerable.Range(0, start.Length).Select(i => chosen.Average(evaluation => evaluation.Variables[i]))];
        LinearEvaluation found = new LinearSearch(_folds, _variables, _bestAgreement, null, _ => { }, _cancellationToken).Evaluate(mean);
        (_best, _bestEvaluation) = (mean, _record.Next);
        Tell(found);
    }

    private Tensor FindAgreement()
    {
        using IDisposable noGraph = no_grad();
        Tensor v = tensor(_best);
        _agreement ??= new ExampleAgreement(_loss, _training, TrainsOnValidationRows ? _validation : null, _generator);
        return _agreement.Find(_variables.Penalties(v), _variables.ExampleWeights(v, _bestAgreement), _cancellationToken);
    }

    private void Keep(LinearEvaluation evaluation, Tensor? agreement)
    {
        bool isFirst = _record.Evaluations.Count == 0 || (_bestAgreement is null && agreement is not null);
        if (isFirst || evaluation.Objective < _lowest)
        {
            (_lowest, _best, _bestAgreement, _bestEvaluation) = (evaluation.Objective, evaluation.Variables, agreement, _record.Next);
        }

        Tell(evaluation);
    }

    private void Tell(LinearEvaluation evaluation) => _record.Add(evaluation.TrainingLoss, evaluation.ValidationLoss, _bestEvaluation, evaluation.Steps);
}
