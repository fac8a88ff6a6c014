using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Relaxations;
using Microsoft.ML.Implicit.Solvers.Relaxations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.Signals;

/// <summary>Signals smoothed into steps, and ranks of values, as transforms.</summary>
[TestClass]
public sealed class SignalTests
{
    [TestMethod]
    public void A_weight_that_is_learned_leaves_less_error_than_any_that_is_given()
    {
        var ml = new MLContext(seed: 1);
        IDataView train = ml.Data.LoadFromEnumerable(Steps.Create(60, seed: 1)), test = ml.Data.LoadFromEnumerable(Steps.Create(60, seed: 2));
        using TotalVariationTransformer learned = ml.Transforms.TotalVariation(new TotalVariationOptions { TargetColumnName = "Clean" }).Fit(train);
        double error = Error(learned);
        foreach (double factor in new[] { 0, 0.2, 0.5, 2, 5, 1000 })
        {
            using TotalVariationTransformer given = ml.Transforms.TotalVariation("Steps", "Signal", factor * learned.Weight).Fit(train);
            Assert.IsLessThan(Error(given), error, $"{factor} times the learned weight {learned.Weight}");
        }

        // In a thousandth of the units the weight is a thousandth.
        IDataView small = ml.Data.LoadFromEnumerable(Steps.Create(60, seed: 1, unit: 0.001f));
        using TotalVariationTransformer inSmallUnits = ml.Transforms.TotalVariation(new TotalVariationOptions { TargetColumnName = "Clean" }).Fit(small);
        Assert.AreEqual(learned.Weight, 1000 * inSmallUnits.Weight, 1e-3 * learned.Weight);

        double Error(TotalVariationTransformer model) => Scored.Vectors(model.Transform(test), "Steps")
            .Zip(test.GetColumn<float[]>("Clean"), (values, clean) => values.Zip(clean, (a, b) => Math.Pow(a - b, 2)).Sum()).Sum();
    }

    [TestMethod]
    public void Rows_of_any_length_are_mapped_alike_after_loading_and_what_is_not_finite_is_missing()
    {
        var ml = new MLContext(seed: 1);
        Steps[] rows = [.. Steps.Create(5, seed: 3), new Steps { Signal = [] }, new Steps { Signal = [4] }, new Steps { Signal = [1, float.NaN, 2] }];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        foreach ((ITransformer model, string column) in new (ITransformer, string)[]
        {
            (ml.Transforms.TotalVariation("Steps", "Signal", weight: 0.3).Fit(data), "Steps"),
            (ml.Transforms.SoftRank("Ranks", "Signal", strength: 0.3).Fit(data), "Ranks"),
        })
        {
            float[][] expected = Scored.Vectors(model.Transform(data), column);
            CollectionAssert.AreEqual(rows.Select(row => row.Signal.Length).ToArray(), expected.Select(values => values.Length).ToArray());
            Assert.IsTrue(expected[..^1].All(values => values.All(float.IsFinite)) && expected[^1].All(float.IsNaN));
            using var file = new MemoryStream();
            ml.Model.Save(model, data.Schema, file);
            file.Position = 0;
            float[][] loaded = Scored.Vectors(new MLContext().Model.Load(file, out _).Transform(data), column);
            Assert.AreSequenceEqual(expected.SelectMany(values => values).ToArray(), loaded.SelectMany(values => values).ToArray());
        }
    }

    [TestMethod]
    public void Ranks_are_those_of_the_layer()
    {
        using DisposeScope scope = NewDisposeScope();
        var random = new Random(1);
        double[] values = [.. Enumerable.Range(0, 30).Select(i => i % 7 == 0 ? 0.5 : random.NextDouble())];
        foreach (double strength in new[] { 1e-6, 0.05, 1, 100 })
        {
            double[] expected = [.. SoftOrder.Rank(tensor(values).unsqueeze(0), strength)[0].data<double>()];
            double[] actual = Permutahedron.Rank(values, strength);
            Assert.IsLessThan(1e-9 / Math.Min(strength, 1), expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max(), $"strength {strength}");
        }
    }

    [TestMethod]
    public void Settings_and_columns_that_do_not_fit_are_named()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Steps.Create(3, seed: 1));
        Expect<ArgumentException>("Weight", () => ml.Transforms.TotalVariation("Steps", "Signal", weight: -1));
        Expect<ArgumentException>("TargetColumnName", () => ml.Transforms.TotalVariation(new TotalVariationOptions()));
        Expect<ArgumentException>("Strength", () => ml.Transforms.SoftRank("Ranks", "Signal", strength: 0));
        Expect<ArgumentException>("Signl", () => ml.Transforms.SoftRank("Ranks", "Signl").Fit(data));
        Expect<ArgumentException>("Name", () => ml.Transforms.TotalVariation("Steps", "Name", weight: 1).Fit(data));
        IDataView uneven = ml.Data.LoadFromEnumerable([new Steps { Signal = [1, 2], Clean = [1] }]), none = ml.Data.LoadFromEnumerable([new Steps { Signal = [1, 2], Clean = [float.NaN, float.NaN] }]);
        var learned = new TotalVariationOptions { TargetColumnName = "Clean" };
        Expect<InvalidOperationException>("2 values in column 'Signal' and 1 in column 'Clean'", () => ml.Transforms.TotalVariation(learned).Fit(uneven));
        Expect<InvalidOperationException>("nothing to learn", () => ml.Transforms.TotalVariation(learned).Fit(none));

        static void Expect<T>(string part, Action action)
            where T : Exception => StringAssert.Contains(Assert.ThrowsExactly<T>(action).Message, part, StringComparison.Ordinal);
    }

    private sealed class Steps
    {
        public float[] Signal { get; set; } = [];

        public float[] Clean { get; set; } = [];

        public string Name { get; set; } = "";

        public static Steps[] Create(int count, int seed, float unit = 1)
        {
            var random = new Random(seed);
            return [.. Enumerable.Range(0, count).Select(_ =>
            {
                float level = 0;
                float[] clean = [.. Enumerable.Range(0, 40 + random.Next(20)).Select(_ => level = random.Next(12) == 0 ? random.Next(5) : level)];
                return new Steps
                {
                    Clean = [.. clean.Select(value => value * unit)],
                    Signal = [.. clean.Select(value => (value + (float)(random.NextDouble() + random.NextDouble() - 1)) * unit)],
                };
            })];
        }
    }
}
