using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Tests.Onnx;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

[TestClass]
public class HeavyTailTests
{
    private const int Width = 3;

    [TestMethod]
    public void Held_out_rows_of_heavy_tails_are_likelier_under_the_tails_they_choose()
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer heavy = Train(ml, heavyTails: true), normal = Train(ml, heavyTails: false);
        Assert.IsNotNull(heavy.Model.DegreesOfFreedom);
        Assert.IsNull(normal.Model.DegreesOfFreedom);
        IDataView test = ToyData.View(ml, Student(400, seed: 9));
        Assert.IsGreaterThan(normal.Model.LogDensity(test).Average(), heavy.Model.LogDensity(test).Average());
    }

    [TestMethod]
    public void Without_held_out_rows_the_base_is_normal()
    {
        var ml = new MLContext(seed: 1);
        NormalizingFlowOptions options = QuickOptions.Create();
        options.Training.ValidationFraction = 0;
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, Student(200, seed: 1)));
        Assert.IsNull(model.Model.DegreesOfFreedom);
    }

    [TestMethod]
    public void Held_out_rows_of_a_normal_distribution_keep_the_base_normal()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        float[][] rows = [.. Enumerable.Range(0, 600).Select(_ => Enumerable.Range(0, Width).Select(_ => (float)ToyData.Normal(random)).ToArray())];
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(QuickOptions.Create())
            .Fit(ToyData.View(ml, rows.Take(300)), ToyData.View(ml, rows.Skip(300)));
        Assert.IsNull(model.Model.DegreesOfFreedom);
    }

    [TestMethod]
    public void Rows_far_out_and_near_have_the_same_density_in_managed_memory_by_tensors_and_in_a_file()
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer model = Train(ml, heavyTails: true);
        Assert.IsTrue(model.Model.Evaluator.IsManaged);
        float[][] rows = [.. Student(40, seed: 2), [1e3f, -1e3f, 0], [1e7f, 0, 1e6f], [1e20f, 0, 0], [1e30f, 0, 0]];
        float[] features = [.. rows.SelectMany(row => row)];
        double[] managed = new double[rows.Length], byTensors = new double[rows.Length];
        model.Model.LogDensity(features, managed);
        model.Model.Evaluator.EncodeByTensors(features, default, byTensors, default, default, model.Model.Tolerance);
        for (int row = 0; row < rows.Length; row++)
        {
            Assert.AreEqual(byTensors[row], managed[row], 2e-3 * Math.Max(1, Math.Abs(byTensors[row]) / 10), $"row {row}");
        }

        // As a power of the distance.
        double fall = managed[^2] - managed[^1];
        Assert.AreEqual((model.Model.DegreesOfFreedom!.Value + Width) * Math.Log(1e10), fall, 1e-2);

        model.Model.Tolerance = 1e-6;
        IDataView data = ToyData.View(ml, rows);
        IDataView expected = model.Transform(data);
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        OnnxAssert.AreClose(Scored.Values(expected, "LogDensity"), file.Score(data, "LogDensity", batchSize: rows.Length), tolerance: 1e-4f);
    }

    [TestMethod]
    public void A_file_and_a_copy_keep_the_tails()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ToyData.View(ml, Student(30, seed: 2));
        using NormalizingFlowTransformer model = Train(ml, heavyTails: true), copy = ml.AnomalyDetection.ChangeModelThreshold(model, 3);
        using var stream = new MemoryStream();
        ml.Model.Save(model, data.Schema, stream);
        stream.Position = 0;
        using var loaded = (NormalizingFlowTransformer)ml.Model.Load(stream, out _);
        foreach (NormalizingFlowTransformer other in new[] { copy, loaded })
        {
            Assert.AreEqual(model.Model.DegreesOfFreedom, other.Model.DegreesOfFreedom);
            CollectionAssert.AreEqual(model.Model.LogDensity(data), other.Model.LogDensity(data));
            CollectionAssert.AreEqual(model.Model.Sample(20, 1), other.Model.Sample(20, 1));
        }
    }

    private static NormalizingFlowTransformer Train(MLContext ml, bool heavyTails)
    {
        NormalizingFlowOptions options = QuickOptions.Create(epochs: 10);
        options.HeavyTails = heavyTails;
        return ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, Student(300, seed: 1)), ToyData.View(ml, Student(300, seed: 2)));
    }

    // Student's t distribution of one degree of freedom: all features of a row are stretched alike.
    private static float[][] Student(int count, int seed)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, count).Select(_ =>
            {
                double stretch = 1 / Math.Abs(ToyData.Normal(random));
                return Enumerable.Range(0, Width).Select(_ => (float)(stretch * ToyData.Normal(random))).ToArray();
            }),
        ];
    }
}
