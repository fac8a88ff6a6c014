using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How well labels of training rows agree with linear models that have not seen them (the first step of confident learning, Northcutt, Jiang and Chuang 2021).</summary>
internal sealed class ExampleAgreement : IDisposable
{
    private const int Folds = 5;

    private const double Tolerance = 1e-6;

    private readonly Tensor[] _parts;
    private readonly LinearFold[] _folds;

    /// <summary>Creates it; its tensors belong to the current dispose scope.</summary>
    /// <param name="loss">Loss of a row.</param>
    /// <param name="training">Training rows.</param>
    /// <param name="trusted">Rows that every model is trained on beside them, or <see langword="null"/>.</param>
    /// <param name="generator">Draws the parts that models have not seen.</param>
    public ExampleAgreement(LinearLoss loss, LinearRows training, LinearRows? trusted, Generator generator)
    {
        _parts = RowParts.Draw(training.Count, (int)Math.Min(Folds, training.Count), generator);
        _folds = LinearFold.LeaveOut(loss, null, training, _parts, trusted);
    }

    /// <summary>Trains the models, each from where it was.</summary>
    /// <param name="penalties"><c>[features + 1]</c>, the intercept's 0.</param>
    /// <param name="weights">Factors of the weights of the training rows, or <see langword="null"/>.</param>
    /// <param name="cancellationToken">Looked at once a Newton step.</param>
    /// <returns>Log-odds of each row's label, <c>[rows]</c>.</returns>
    public Tensor Find(Tensor penalties, Tensor? weights, CancellationToken cancellationToken)
    {
        Tensor agreement = cat([.. _folds.Select((fold, i) =>
        {
            LinearFit fit = fold.Train(penalties, weights?.index_select(0, LinearFold.Rest(_parts, i)), Tolerance, cancellationToken);
            return fold.Problem.Loss.Agreement(fold.Held.Features.mm(fit.Weights), fold.Held.Targets);
        })]);
        return agreement.index_select(0, cat(_parts).argsort()).clamp((-LabelOdds.Largest).Held(), LabelOdds.Largest.Held());
    }

    public void Dispose()
    {
        foreach (LinearFold fold in _folds)
        {
            fold.Dispose();
        }
    }
}
