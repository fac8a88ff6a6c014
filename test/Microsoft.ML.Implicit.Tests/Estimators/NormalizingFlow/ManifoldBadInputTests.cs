using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

[TestClass]
public sealed class ManifoldBadInputTests
{
    private static readonly float[][] Rows = [[0, 0.6f, 0.8f], [1, 1, 0], [-3, 0, -1], [6.2831855f, -0.8f, 0.6f]];

    [TestMethod]
    public void An_angle_in_another_unit_is_refused_by_slot_and_row()
    {
        InvalidOperationException exception = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(View([.. Rows, [270, 1, 0]])));
        StringAssert.Contains(exception.Message, "'Features', row 4: slot 0 is 270", StringComparison.Ordinal);
        StringAssert.Contains(exception.Message, "360 for degrees", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_vector_of_another_length_is_refused_by_slots_and_row()
    {
        InvalidOperationException exception = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(View([.. Rows, [1, 1, 1]])));
        StringAssert.Contains(exception.Message, "'Features', row 4: slots 1, 2 form a vector of length 1.41421", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Scoring_names_the_row_that_is_no_point_of_the_manifold_and_gives_NaN_where_a_value_is_missing()
    {
        using NormalizingFlowTransformer model = Fit(View(Rows));
        float[] scores = Scored.Values(model.Transform(View([Rows[0], [float.NaN, 1, 0], [1, 0, float.PositiveInfinity]])));
        Assert.IsTrue(float.IsFinite(scores[0]) && float.IsNaN(scores[1]) && float.IsNaN(scores[2]));
        InvalidOperationException exception = Assert.ThrowsExactly<InvalidOperationException>(() => Scored.Values(model.Transform(View([Rows[0], [1, 0, 0]]))));
        StringAssert.Contains(exception.Message, "'Features', row 1: slots 1, 2", StringComparison.Ordinal);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => model.Model.LogDensity([.. Rows[0], 1, 0, 0], new double[2])).Message, "Row 1: slots 1, 2", StringComparison.Ordinal);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => model.Model.Decode([100, 1, 0], new float[3])).Message, "Row 0: slot 0", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Slots_are_found_by_the_names_that_a_concatenation_gives_them()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Transforms.Concatenate("Features", "Speed", "Heading", "X", "Y").Fit(ml.Data.LoadFromEnumerable(Enumerable.Range(0, 30).Select(i => new Wind(i)))).Transform(ml.Data.LoadFromEnumerable(Enumerable.Range(0, 30).Select(i => new Wind(i))));
        using NormalizingFlowTransformer model = Fit(data, ManifoldFeature.Angle("Heading", period: 360), ManifoldFeature.UnitVector("X", "Y"));
        Assert.IsTrue(Scored.Values(model.Transform(data)).All(float.IsFinite));
        ArgumentException unknown = Assert.ThrowsExactly<ArgumentException>(() => Fit(data, ManifoldFeature.Angle("Headng")));
        StringAssert.Contains(unknown.Message, "'Headng'", StringComparison.Ordinal);
        StringAssert.Contains(unknown.Message, "'Speed', 'Heading', 'X', 'Y'", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Slots_that_do_not_exist_have_no_name_or_are_given_twice_are_refused()
    {
        AssertRefused("slot 3", ManifoldFeature.Angle(3));
        AssertRefused("slot 3", ManifoldFeature.UnitVector(1, 3));
        AssertRefused("no names", ManifoldFeature.Angle("Heading"));
        AssertRefused("slot 1 is given twice", ManifoldFeature.Angle(1), ManifoldFeature.UnitVector(1, 2));
    }

    [TestMethod]
    public void A_mark_that_makes_no_sense_is_refused()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ManifoldFeature.Angle(0, period: 0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ManifoldFeature.Angle(-1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ManifoldFeature.UnitVector(0, 1));
        Assert.ThrowsExactly<ArgumentException>(() => ManifoldFeature.UnitVector("X"));
    }

    [TestMethod]
    public void Points_that_are_all_the_same_leave_densities_finite()
    {
        using NormalizingFlowTransformer model = Fit(View([.. Enumerable.Repeat(Rows[0], 20)]));
        Assert.IsTrue(Scored.Values(model.Transform(View(Rows))).All(float.IsFinite));
    }

    private static void AssertRefused(string fragment, params IReadOnlyList<ManifoldFeature> features) =>
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Fit(View(Rows), features)).Message, fragment, StringComparison.Ordinal);

    private static IDataView View(float[][] rows) => ToyData.View(new MLContext(seed: 1), rows);

    private static NormalizingFlowTransformer Fit(IDataView data) => Fit(data, ManifoldFeature.Angle(0), ManifoldFeature.UnitVector(1, 2));

    private static NormalizingFlowTransformer Fit(IDataView data, params IReadOnlyList<ManifoldFeature> features)
    {
        NormalizingFlowOptions options = QuickOptions.Create(epochs: 1);
        options.ManifoldFeatures = features;
        return new MLContext(seed: 1).AnomalyDetection.Trainers.NormalizingFlow(options).Fit(data);
    }

    private sealed class Wind(int i)
    {
        public float Speed { get; set; } = i % 7;

        public float Heading { get; set; } = 10 * i;

        public float X { get; set; } = MathF.Cos(i);

        public float Y { get; set; } = MathF.Sin(i);
    }
}
