using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LearnedQuadraticProgram;

[TestClass]
public class PersistenceTests
{
    [TestMethod]
    public void A_saved_chain_decides_bit_for_bit_the_same_in_a_fresh_context()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Markets.Bent(ml);
        LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.SpoPlus, epochs: 3);
        options.HiddenWidth = 4;
        AssertSurvives(ml, ml.Transforms.NormalizeMeanVariance("Features").Append(ml.Transforms.LearnedQuadraticProgram(options)).Fit(data), data);
    }

    [TestMethod]
    public void Learned_constraints_survive_saving()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Markets.Linear(ml);
        var options = new LearnedQuadraticProgramOptions
        {
            LabelColumnName = "Costs",
            Loss = DecisionLoss.Imitation,
            Q = 1,
            LearnedEqualities = 1,
            LearnedInequalities = 2,
            Training = new() { MaximumEpochs = 2, Seed = 1 },
        };
        AssertSurvives(ml, ml.Transforms.LearnedQuadraticProgram(options).Fit(data), data);
    }

    [TestMethod]
    public void A_prediction_engine_agrees_with_batch_scoring()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Markets.Bent(ml);
        ITransformer model = ml.Transforms.LearnedQuadraticProgram(Markets.Options(DecisionLoss.SpoPlus, epochs: 3)).Fit(data);
        float[][] expected = Scored.Vectors(model.Transform(data), "Solution");
        Markets.Row[] rows = [.. ml.Data.CreateEnumerable<Markets.Row>(data, reuseRowObject: false)];
        using PredictionEngine<Markets.Row, Prediction> engine = ml.Model.CreatePredictionEngine<Markets.Row, Prediction>(model);
        for (int row = 0; row < rows.Length; row++)
        {
            Prediction prediction = engine.Predict(rows[row]);
            Assert.IsTrue(expected[row].Zip(prediction.Solution, (x, y) => Math.Abs(x - y)).All(difference => difference < 1e-6));
            Assert.AreEqual("Converged", prediction.Status);
        }
    }

    private static void AssertSurvives(MLContext ml, ITransformer model, IDataView data)
    {
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        ITransformer loaded = new MLContext().Model.Load(file, out _);
        foreach (string column in new[] { "Solution", "PredictedCost" })
        {
            CollectionAssert.AreEqual(
                Scored.Vectors(model.Transform(data), column).SelectMany(row => row).ToArray(),
                Scored.Vectors(loaded.Transform(data), column).SelectMany(row => row).ToArray());
        }
    }

    private sealed class Prediction
    {
        public float[] Solution { get; set; } = [];

        public string Status { get; set; } = string.Empty;
    }
}
