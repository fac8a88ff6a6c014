using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Minimises the validation loss of linear models in what is tuned by a quasi-Newton method on exact hypergradients; a training's last factorisation is that of its hypergradient.</summary>
/// <param name="folds">Trainings and the validation rows that each has not seen.</param>
/// <param name="variables">What is tuned.</param>
/// <param name="agreement">Of training rows with a model that has not seen them, <c>[rows]</c>; null where their weights are not tuned.</param>
/// <param name="judges">1 where a validation row of a fold judges and 0 where it does not, <c>[rows]</c> each; null where all do.</param>
/// <param name="report">Called after each evaluation.</param>
/// <param name="cancellationToken">Looked at once a Newton step.</param>
internal sealed class LinearSearch(
    IReadOnlyList<LinearFold> folds, TunedVariables variables, Tensor? agreement, IReadOnlyList<Tensor>? judges, Action<LinearEvaluation> report, CancellationToken cancellationToken)
{
    // Of a Newton decrement on the way: where the hypergradient's factorisation was made, it is the root of that.
    private const double Tolerance = 1e-9;

    // Relative to how far a variable has gone.
    private const double ShortestStep = 0.02;
    private const int Memory = 10;

    // The search's first step has the length 0.1, which is to be half of what is expected, in each variable.
    private const double Reach = 5;

    private readonly List<LinearEvaluation> _path = [];
    private double _unit;

    /// <summary>The best evaluation up to each one.</summary>
    public IReadOnlyList<LinearEvaluation> Path => _path;

    /// <summary>Searches.</summary>
    /// <param name="start">Where it sets out; variables after its end stay at zero.</param>
    /// <param name="evaluations">Limit on evaluations.</param>
    public void Run(double[] start, int evaluations)
    {
        _unit = Reach * Math.Sqrt(start.Length);
        QuasiNewtonDescent.Run(
            Array.ConvertAll(start, value => value / _unit), ShortestStep, Memory, evaluations, u => Evaluate(Variables(u)).Objective, Differentiate, cancellationToken);
    }

    /// <summary>Trains with given variables.</summary>
    public LinearEvaluation Evaluate(double[] values)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        Tensor v = NativeTensor.Of(values, [values.Length]);
        Tensor penalties = variables.Penalties(v);
        double training = 0, judged = 0, judging = 0, all = 0, total = 0;
        int steps = 0;
        for (int i = 0; i < folds.Count; i++)
        {
            LinearFold fold = folds[i];
            Tensor? weights = variables.ExampleWeights(v, agreement);
            LinearFit fit = fold.Train(penalties, weights, Tolerance, cancellationToken);
            Tensor losses = fold.Losses(fit.Weights);
            training += fold.Problem.Objective(fit.Weights, penalties, fold.SharesOf(weights)).item<double>() / folds.Count;
            steps += fit.Steps;
            (all, total) = (all + losses.sum().item<double>(), total + fold.Held.Weights.sum().item<double>());
            judged += Judged(losses, i).item<double>();
            judging += Judged(fold.Held.Weights, i).item<double>();
        }

        double objective = folds[0].Problem.Loss.ToNats(full([], (judged / judging).Held(), ScalarType.Float64)).item<double>() + (TunedVariables.Surprise(v).item<double>() / total);
        var evaluation = new LinearEvaluation(values, training, all / total, objective, (all - judged) / (total - judging), steps);
        _path.Add(_path.Count > 0 && !(objective < _path[^1].Objective) ? _path[^1] : evaluation);
        report(evaluation);
        return evaluation;
    }

    /// <summary>
    /// Slope of the objective by the implicit function theorem, as <see cref="Hypergradient"/> has it, with the gradient of the training loss in closed form and the factorisation at hand.
    /// </summary>
    /// <param name="values">Where it was evaluated last.</param>
    public double[] Slope(double[] values)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable graph = enable_grad();
        Tensor v = NativeTensor.Of(values, [values.Length]).requires_grad_();
        double total = folds.Sum(fold => fold.Held.Weights.sum().item<double>());
        Tensor judging = stack([.. folds.Select((fold, i) => Judged(fold.Held.Weights, i))]).sum();
        Tensor loss = (stack([.. folds.Select((fold, i) => Judged(fold.Losses(fold.Latest!.Weights), i))]).sum() / judging).detach().requires_grad_();
        folds[0].Problem.Loss.ToNats(loss).backward();
        Tensor objective = TunedVariables.Surprise(v) / total.Held();
        for (int i = 0; i < folds.Count; i++)
        {
            LinearFold fold = folds[i];
            Tensor weights = fold.Latest!.Weights, slope = fold.Slope(weights, judges?[i]) * loss.grad! / judging;
            Tensor adjoint = fold.Latest.InverseHessian.Solve(slope.view(1, -1), cancellationToken).Solution.view(weights.shape);
            Tensor gradient = fold.Problem.Gradient(weights, variables.Penalties(v), fold.SharesOf(variables.ExampleWeights(v, agreement)));
            objective = objective - (gradient * adjoint).sum();
        }

        objective.backward();
        return v.grad!.data<double>().ToArray();
    }

    // In the search's unit.
    private Tensor Differentiate(Tensor u)
    {
        double[] slope = Slope(Variables(u));
        return NativeTensor.Of(Array.ConvertAll(slope, value => value * _unit), [slope.Length]);
    }

    private double[] Variables(Tensor u) => (u * _unit.Held()).data<double>().ToArray();

    private Tensor Judged(Tensor values, int fold) => judges is null ? values.sum() : (values * judges[fold]).sum();
}
