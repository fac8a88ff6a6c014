using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>Training and scoring read their data once: a second reading could give other rows, or the same in another order.</summary>
[TestClass]
public sealed class ReadingTests
{
    public static IEnumerable<object[]> Kinds => SmallModel.Kinds;

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Training_and_scoring_each_read_their_data_once(string kind)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(ModelRow.Create(40));
        SmallModel model = SmallModel.Of(kind);
        ITransformer twice = model.Fit(ml, data);
        ITransformer once = model.Fit(ml, new ReadOnceView(data));
        float[][] expected = SmallModel.Read(twice.Transform(data)), actual = SmallModel.Read(once.Transform(new ReadOnceView(data)));
        Assert.HasCount(40, actual);
        for (int row = 0; row < 40; row++)
        {
            CollectionAssert.AreEqual(expected[row], actual[row]);
        }
    }

    [TestMethod]
    public void What_a_conditional_density_computes_of_a_data_view_reads_it_once()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(ModelRow.Create(40));
        using var model = (NormalizingFlowTransformer)SmallModel.Of("anomaly detection").Fit(ml, data);
        const string context = nameof(ModelRow.Context);
        CollectionAssert.AreEqual(model.Model.LogDensity(data, contextColumnName: context), model.Model.LogDensity(new ReadOnceView(data), contextColumnName: context));
        IDataView Sample(IDataView view) => model.Model.ConditionalSample(view, context, seed: 1, "Sampled");
        float[][] expected = Scored.Vectors(Sample(data), "Sampled"), actual = Scored.Vectors(Sample(new ReadOnceView(data)), "Sampled");
        Assert.HasCount(40, actual);
        Assert.HasCount(40, actual.Select(row => row[0]).Distinct().ToArray());
        CollectionAssert.AreEqual(expected.SelectMany(row => row).ToArray(), actual.SelectMany(row => row).ToArray());
    }
}
