using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

/// <summary>How strongly few rows are regularised, and how sure the answer may be, is chosen by folds that were held out.</summary>
[TestClass]
public class CrossValidationTests
{
    private const int Rows = 103;
    private const int Folds = 5;

    [TestMethod]
    public void Every_row_is_held_out_once_and_trained_on_by_all_other_folds()
    {
        using DisposeScope scope = NewDisposeScope();
        CrossValidation validation = Create(new RegressionTask(0, 1), arange(Rows, dtype: ScalarType.Float32), candidates: 1);
        float[] heldOut = [.. Enumerable.Range(0, Folds).SelectMany(fold => validation.HeldOutRows(fold).Labels.data<float>())];
        CollectionAssert.AreEqual(Enumerable.Range(0, Rows).Select(row => (float)row).ToArray(), heldOut.Order().ToArray());
        Tensor training = validation.TrainingRows();
        for (int fold = 0; fold < Folds; fold++)
        {
            // The shorter ones have one row twice.
            float[] both = [.. training[fold].data<long>().Select(row => (float)row).Distinct(), .. validation.HeldOutRows(fold).Labels.data<float>()];
            CollectionAssert.AreEqual(heldOut.Order().ToArray(), both.Order().ToArray());
            Assert.IsInRange(0, 1, (int)training.shape[1] + (int)validation.HeldOutRows(fold).Count - Rows);
        }
    }

    [TestMethod]
    public void A_candidate_that_is_worse_is_left_out_and_two_that_err_apart_are_both_kept()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor labels = randn(Rows, generator: generator);
        Tensor noise = randn(Rows, generator: generator);
        CollectionAssert.AreEqual(new[] { 1 }, Chosen(labels, row => row + (3 * noise), row => row + (0.1 * noise)));
        CollectionAssert.AreEqual(new[] { 0, 1 }, Chosen(labels, row => row + noise, row => row - noise));
    }

    [TestMethod]
    [DataRow(0.25)]
    [DataRow(1)]
    [DataRow(4)]
    public void Outputs_are_scaled_to_be_as_sure_as_they_are_right(double sureness)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(2);
        Tensor logOdds = 2 * randn(4000, generator: generator);
        Tensor labels = (rand(4000, generator: generator) < logOdds.sigmoid()).to(ScalarType.Float32);
        var validation = new CrossValidation(new BinaryTask(), new TrainingSet(zeros(4000, 1), labels, null, logOdds.unsqueeze(1)), Folds, 1, generator);
        for (int fold = 0; fold < Folds; fold++)
        {
            validation.Add(0, fold, validation.HeldOutRows(fold).Context! * sureness);
        }

        Assert.AreEqual(1 / sureness, validation.Select(Folds)[0].Factor, 0.12 / sureness);
    }

    [TestMethod]
    public void Right_answers_alone_do_not_make_a_classifier_sure_without_limit()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor labels = (arange(Rows) % 2).to(ScalarType.Float32);
        CrossValidation validation = Create(new BinaryTask(), labels, candidates: 1);
        for (int fold = 0; fold < Folds; fold++)
        {
            validation.Add(0, fold, ((validation.HeldOutRows(fold).Labels * 2) - 1).unsqueeze(1) * 6);
        }

        Assert.IsLessThan(3, validation.Select(Folds)[0].Factor);
    }

    [TestMethod]
    public void The_average_of_several_networks_is_the_output_of_one_that_predicts_their_mean()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(3);
        Tensor classes = 3 * randn(20, 4, 3, generator: generator);
        var multiclass = new MulticlassTask(3, null);
        AssertEqual(classes.softmax(-1).mean([1]), multiclass.Average(classes).softmax(-1));
        Tensor logOdds = 3 * randn(20, 4, 1, generator: generator);
        AssertEqual(logOdds.sigmoid().mean([1]), new BinaryTask().Average(logOdds).sigmoid());
        AssertEqual(logOdds.mean([1]), new RegressionTask(5, 2).Average(logOdds));
    }

    [TestMethod]
    public void Few_rows_keep_the_networks_that_predict_best_and_say_what_was_chosen()
    {
        var ml = new MLContext(seed: 1);
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 4);
        options.EnsembleSize = null;
        using DeepEquilibriumTransformer model = ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(RealData.Iris(ml));
        Assert.IsTrue(model.Model.EnsembleSize is Folds or 2 * Folds);
        Assert.HasCount(model.Model.EnsembleSize, model.Model.Training!.Networks);
        Assert.IsTrue(model.Model.Training.ChosenSettings.Keys.Any(name => name.StartsWith("Dropout", StringComparison.Ordinal)));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void A_cancelled_choice_is_made_by_the_networks_as_they_are(int epoch)
    {
        using DeepEquilibriumTransformer model = FitUntil(epoch, RealData.Iris);
        Assert.IsTrue(model.Model.EnsembleSize is Folds or 2 * Folds);
        Assert.IsTrue(model.Model.Training!.Networks.All(network => network.End == TrainingEnd.Cancelled && network.Epochs.Count == epoch));
        Assert.IsTrue(Scored.Vectors(model.Transform(RealData.Iris(new MLContext()))).All(score => score.All(float.IsFinite)));
    }

    [TestMethod]
    [DataRow(2, 1)]
    [DataRow(10, 2)]
    [DataRow(21, 5)]
    public void Of_rows_by_their_non_zeros_a_cancelled_choice_is_made_by_the_folds_that_are_finished(int epoch, int most)
    {
        using DeepEquilibriumTransformer model = FitUntil(epoch, Words);
        Assert.IsInRange(1, most, model.Model.EnsembleSize);
        Assert.HasCount(model.Model.EnsembleSize, model.Model.Training!.Networks);
        Assert.IsTrue(model.Model.Training.ChosenSettings.Keys.Any(name => name.StartsWith("Dropout", StringComparison.Ordinal)));
        Assert.IsTrue(Scored.Vectors(model.Transform(Words(new MLContext()))).All(score => score.All(float.IsFinite)));
    }

    private static IDataView Words(MLContext ml) => WideInputTests.Load(ml, 2_000, seed: 1);

    private static DeepEquilibriumTransformer FitUntil(int epoch, Func<MLContext, IDataView> data)
    {
        const int epochs = 4;
        var ml = new MLContext(seed: 1);
        using var source = new CancellationTokenSource();
        DeepEquilibriumOptions options = QuickOptions.Create(epochs);
        options.EnsembleSize = null;
        options.Training.CancellationToken = source.Token;
        options.Training.OnCancellation = CancellationBehavior.ReturnBestModel;
        options.Training.Progress = new SynchronousProgress(report =>
        {
            if (report.Epoch == epoch)
            {
                source.Cancel();
            }
        });
        return ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(data(ml));
    }

    [TestMethod]
    public void A_fit_that_learns_nothing_warns_once()
    {
        var ml = new MLContext(seed: 1);
        int warnings = 0;
        ml.Log += (_, message) => warnings += message.Message.Contains("Nothing was learned", StringComparison.Ordinal) ? 1 : 0;
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 1);
        (options.EnsembleSize, options.Training.LearningRate) = (null, 1e-12);
        using DeepEquilibriumTransformer model = ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(RealData.Iris(ml));
        Assert.AreEqual(1, warnings);
    }

    [TestMethod]
    public void Settings_that_are_given_are_not_chosen()
    {
        var options = new DeepEquilibriumOptions { Dropout = 0.4, InputDropout = 0.1, Training = { WeightDecay = 0.3 } };
        CollectionAssert.AreEqual(new[] { new Regularization(0.3, 0.4, 0.1) }, PredictionDefaults.Candidates(options, new BinaryTask(), 200, 8));
        options.InputDropout = null;
        Assert.HasCount(2, PredictionDefaults.Candidates(options, new BinaryTask(), 200, 8));
    }

    private static CrossValidation Create(PredictionTask task, Tensor labels, int candidates) =>
        new(task, new TrainingSet(zeros(Rows, 1), labels, null, null), Folds, candidates, new Generator(7));

    private static int[] Chosen(Tensor labels, params Func<Tensor, Tensor>[] predictions)
    {
        CrossValidation validation = new(new RegressionTask(0, 1), new TrainingSet(arange(Rows).unsqueeze(1), labels, null, null), Folds, predictions.Length, new Generator(7));
        Tensor[] all = [.. predictions.Select(predict => predict(labels))];
        for (int fold = 0; fold < Folds; fold++)
        {
            Tensor rows = validation.HeldOutRows(fold).Features.squeeze(1);
            for (int candidate = 0; candidate < all.Length; candidate++)
            {
                validation.Add(candidate, fold, all[candidate].index_select(0, rows).unsqueeze(1));
            }
        }

        return [.. validation.Select(Folds).Select(chosen => chosen.Candidate)];
    }

    private static void AssertEqual(Tensor expected, Tensor actual) => Assert.IsLessThan(1e-5f, (expected - actual).abs().max().item<float>());
}
