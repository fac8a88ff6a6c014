using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

/// <summary>Latent vectors and log densities as features.</summary>
[TestClass]
public sealed class LatentTransformerTests
{
    [TestMethod]
    public void Latent_vectors_are_closer_to_standard_normal_than_the_data_and_the_inverse_leads_back()
    {
        var ml = new MLContext(seed: 1);
        float[][] rows = ToyData.Lumps(400, 1);
        IDataView data = ToyData.View(ml, rows);
        using LatentTransformer model = ml.Transforms.NormalizingFlow(QuickOptions.Create(epochs: 10)).Fit(data);
        IDataView encoded = model.Transform(data);
        double[] squares = [.. Scored.Vectors(encoded, "Latent").Select(z => (double)(z[0] * z[0] + z[1] * z[1]))];
        Assert.AreEqual(2, squares.Average(), 0.5);
        Assert.IsTrue(Scored.Values(encoded, "LogDensity").All(float.IsFinite));

        float[][] decoded = Scored.Vectors(model.CreateInverse("Decoded").Transform(encoded), "Decoded");
        double error = rows.Zip(decoded, (a, b) => Math.Max(Math.Abs(a[0] - b[0]) / 100, Math.Abs(a[1] - b[1]))).Max();
        Assert.IsLessThan(1e-2, error);
    }

    [TestMethod]
    public void The_estimator_promises_the_columns_that_the_transformer_delivers()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ToyData.View(ml, ToyData.Lumps(100, 1));
        NormalizingFlowEstimator estimator = ml.Transforms.NormalizingFlow(QuickOptions.Create(epochs: 1), "Z", "LogP");

        // A chain checks what its first part promises before it fits.
        DataViewSchema delivered = estimator.Append(ml.Transforms.Concatenate("Both", "Z", "LogP")).Fit(data).GetOutputSchema(data.Schema);
        Assert.AreEqual(NumberDataViewType.Single, delivered["LogP"].Type);
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 2), delivered["Z"].Type);
    }

    [TestMethod]
    public void Latent_vectors_are_features_of_a_pipeline_that_ML_NET_cross_validates()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        var options = new NormalizingFlowOptions { HiddenWidth = 8, Training = { MaximumEpochs = 2, Seed = 1 } };
        var folds = ml.MulticlassClassification.CrossValidate(
            data, ml.Transforms.NormalizingFlow(options, "Latent").AppendCacheCheckpoint(ml).Append(ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(featureColumnName: "Latent")), numberOfFolds: 2);
        Assert.IsGreaterThan(0.8, folds.Average(fold => fold.Metrics.MicroAccuracy));
    }

    [TestMethod]
    public void A_saved_transformer_and_its_inverse_map_bit_for_bit_the_same()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ToyData.View(ml, ToyData.Lumps(100, 1));
        using LatentTransformer model = ml.Transforms.NormalizingFlow(QuickOptions.Create(epochs: 1)).Fit(data);
        IDataView encoded = model.Transform(data);
        AssertSurvives(ml, model, data, "Latent");
        AssertSurvives(ml, model.CreateInverse("Decoded"), encoded, "Decoded");
    }

    private static void AssertSurvives(MLContext ml, LatentTransformer model, IDataView data, string column)
    {
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        ITransformer loaded = new MLContext().Model.Load(file, out _);
        CollectionAssert.AreEqual(
            Scored.Vectors(model.Transform(data), column).SelectMany(v => v).ToArray(),
            Scored.Vectors(loaded.Transform(data), column).SelectMany(v => v).ToArray());
    }
}
