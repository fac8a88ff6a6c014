using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Chooses between candidates, networks of each of which are trained on all rows but a fold of their own, by what they give for the rows
/// they did not see, and finds how sure of itself each candidate may be.
/// </summary>
internal sealed class CrossValidation
{
    private readonly PredictionTask _task;
    private readonly TrainingSet _rows;
    private readonly Tensor[] _folds;
    private readonly Tensor[] _outputs;

    /// <param name="task">What is predicted.</param>
    /// <param name="rows">All rows; their device is that of everything.</param>
    /// <param name="folds">Number of folds.</param>
    /// <param name="candidates">Number of candidates.</param>
    /// <param name="generator">Source of the folds, on the CPU.</param>
    public CrossValidation(PredictionTask task, TrainingSet rows, int folds, int candidates, Generator generator)
    {
        (_task, _rows) = (task, rows);
        _folds = randperm(rows.Count, generator: generator).to(rows.Labels.device).tensor_split(folds);
        _outputs = [.. Enumerable.Range(0, candidates).Select(_ => zeros(rows.Count, task.OutputWidth, device: rows.Labels.device))];
    }

    /// <summary>Indices of the rows to train on where each fold is held out, int64 [folds, rows]; where a fold is longer than another, one stands there twice.</summary>
    public Tensor TrainingRows()
    {
        Tensor[] rows = [.. _folds.Select((_, fold) => cat([.. _folds.Where((_, index) => index != fold)]))];
        long count = rows.Max(indices => indices.shape[0]);
        return stack(rows.Select(indices => cat([indices, indices.narrow(0, 0, count - indices.shape[0])])));
    }

    /// <summary>The fold that is held out.</summary>
    public TrainingSet HeldOutRows(int fold) => _rows.Select(_folds[fold]);

    /// <summary>Keeps what a candidate's network gives for the fold that it has not seen.</summary>
    /// <param name="candidate">Index of the candidate.</param>
    /// <param name="fold">The fold.</param>
    /// <param name="outputs">float32 [rows of the fold, outputs].</param>
    public void Add(int candidate, int fold, Tensor outputs) => _outputs[candidate].index_copy_(0, _folds[fold], outputs);

    /// <summary>The candidates whose networks together do best, and the factor of each one's outputs.</summary>
    /// <param name="folds">Number of folds, the first ones, for which all candidates have been added.</param>
    public IReadOnlyList<(int Candidate, double Factor)> Select(int folds)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor held = cat([.. _folds.Take(folds)]);
        TrainingSet rows = _rows.Select(held);
        Tensor[] outputs = Array.ConvertAll(_outputs, output => output.index_select(0, held));
        double[] factors = Array.ConvertAll(outputs, output => FindFactor(rows, output));
        outputs = [.. outputs.Select((output, candidate) => output * factors[candidate].Held())];
        int best = Enumerable.Range(1, (1 << outputs.Length) - 1).MinBy(set => Loss(rows, _task.Average(stack(Members(set).Select(candidate => outputs[candidate]), 1))));
        return [.. Members(best).Select(candidate => (candidate, factors[candidate]))];
    }

    /// <summary>The log-odds that the label of each row is right, by the selected networks that have not seen it, float32 [rows].</summary>
    public Tensor Agreement(IReadOnlyList<(int Candidate, double Factor)> selection) =>
        _task.Agreement(_task.Average(stack(selection.Select(chosen => _outputs[chosen.Candidate] * chosen.Factor.Held()), 1)), _rows.Labels);

    // Sets of candidates are numbered by their bits.
    private IEnumerable<int> Members(int set) => Enumerable.Range(0, _outputs.Length).Where(candidate => (set & (1 << candidate)) != 0);

    private double Loss(TrainingSet rows, Tensor outputs) => _task.Loss(outputs, rows.Labels, rows.Weights).ReadDouble();

    private double FindFactor(TrainingSet rows, Tensor outputs) =>
        _task.HasConfidence ? ConfidenceFactor.Find(rows.Count, factor => Loss(rows, outputs * factor.Held())) : 1;
}
