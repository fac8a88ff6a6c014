using Microsoft.ML.Implicit.Estimators;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

[TestClass]
public class FeatureEncoderTests
{
    private const int Rows = 1000;

    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    public void Bins_are_cut_where_the_classes_change()
    {
        float[] values = [.. Enumerable.Range(0, Rows).Select(i => (float)i)];
        int[] classes = [.. values.Select(value => value < 37 || value > 911 ? 1 : 0)];
        CollectionAssert.AreEqual(new[] { 0, 36.5f, 911.5f, Rows - 1 }, TargetAwareBins.Edges(values, classes, maximumBins: 16));
        Assert.HasCount(3, TargetAwareBins.Edges(values, classes, maximumBins: 2), "the larger gain alone");
    }

    [TestMethod]
    public void A_feature_that_tells_nothing_has_one_bin_and_a_constant_one_none()
    {
        float[] values = [.. Enumerable.Range(0, Rows).Select(i => (float)(i / 2))];
        int[] classes = [.. Enumerable.Range(0, Rows).Select(i => i % 2)];
        CollectionAssert.AreEqual(new[] { 0, (Rows / 2) - 1f }, TargetAwareBins.Edges(values, classes, maximumBins: 16));
        Assert.IsEmpty(FeatureScale.Of(new float[Rows], classes, maximumBins: 16, hasSteps: true).Bins);
    }

    [TestMethod]
    public void Few_rows_are_given_few_bins()
    {
        using var generator = new Generator(1);
        Tensor features = randn(Rows, 1, generator: generator);
        int[] classes = [.. features.data<float>().ToArray().Select(value => (int)Math.Floor(4 * value) + 40)];
        Assert.AreEqual(2, BinEncoder.Of(features.narrow(0, 0, 100), classes[..100], hasSteps: false, []).BinCount);
        Assert.AreEqual(16, BinEncoder.Of(features, classes, hasSteps: false, []).BinCount);
    }

    [TestMethod]
    public void A_step_rises_over_the_rows_beside_a_cut()
    {
        float[] values = [.. Enumerable.Range(0, Rows).Select(i => (float)(i * i))];
        int[] classes = [.. Enumerable.Range(0, Rows).Select(i => i < 500 ? 0 : 1)];
        IReadOnlyList<(float Start, float Factor)> bins = FeatureScale.Of(values, classes, maximumBins: 16, hasSteps: true).Bins;
        Assert.HasCount(3, bins, "two bins and a step");
        Assert.AreEqual(479 * 479, bins[2].Start);
        Assert.AreEqual(1f / ((520 * 520) - (479 * 479)), bins[2].Factor, 1e-9f);
        Assert.HasCount(2, FeatureScale.Of([.. classes.Select(label => (float)label)], classes, maximumBins: 16, hasSteps: true).Bins, "of two values, which are a step");
    }

    [TestMethod]
    public void Encoded_values_rise_with_the_feature_and_do_not_depend_on_its_unit()
    {
        using var generator = new Generator(1);
        Tensor features = randn(Rows, 1, generator: generator).sort(0).Values;
        int[] classes = [.. Enumerable.Range(0, Rows).Select(i => i / 100)];
        Tensor encoded = FeatureEncoder.OfVectors(features, classes, hasSteps: true, []).forward(features);
        Assert.IsGreaterThanOrEqualTo(0, (encoded[1..] - encoded[..^1]).min().item<float>());
        Tensor inOtherUnit = (features * 1024) + 4096;
        Assert.IsTrue(FeatureEncoder.OfVectors(inOtherUnit, classes, hasSteps: true, []).forward(inOtherUnit).allclose(encoded, 1e-3, 1e-3));
    }

    [TestMethod]
    public void A_missing_value_is_the_median_and_has_an_input_of_its_own()
    {
        using var generator = new Generator(1);
        Tensor features = randn(Rows + 1, 2, generator: generator);
        int[] classes = [.. Enumerable.Range(0, Rows + 1).Select(i => i % 3)];
        Tensor complete = FeatureEncoder.OfVectors(features, classes, hasSteps: false, []).forward(features);
        Tensor withMissing = cat([features, tensor(new[] { 0.5f, float.NaN }, [1, 2])]);
        FeatureEncoder encoder = FeatureEncoder.OfVectors(withMissing, [.. classes, 0], hasSteps: false, [1]);
        Tensor median = tensor(new[] { 0.5f, features[.., 1].median().item<float>() }, [1, 2]);
        CollectionAssert.AreEqual(new[] { 1 }, encoder.MissingFeatures());
        Assert.AreEqual(complete.shape[1] + 1, encoder.Width);
        Assert.AreEqual(0, encoder.forward(features)[.., -1].abs().sum().item<float>());
        Tensor encoded = encoder.forward(withMissing[-1].unsqueeze(0));
        Assert.AreEqual(1, encoded[0, -1].item<float>());
        Assert.IsTrue(encoder.forward(median)[.., ..^1].allclose(encoded[.., ..^1], 0, 0));
        Assert.IsTrue(encoder.forward(features)[.., 1].allclose(complete[.., 1], 0, 0), "a missing value has no part in the scale");
    }

    [TestMethod]
    public void A_feature_that_is_always_missing_tells_nothing()
    {
        Tensor features = stack([arange(Rows, dtype: ScalarType.Float32), full(Rows, float.NaN)], 1);
        FeatureEncoder encoder = FeatureEncoder.OfVectors(features, new int[Rows], hasSteps: false, [1]);
        Assert.IsTrue(encoder.forward(features).isfinite().all().item<bool>());
        Assert.AreEqual(0, encoder.forward(tensor(new[] { 1f, 2f, 1f, 3f }, [2, 2])).diff(dim: 0).abs().sum().item<float>());
    }

    [TestMethod]
    public void The_tails_of_a_feature_stay_apart()
    {
        float[] values = [.. Enumerable.Range(0, Rows - 2).Select(i => i % 10 / 10f), 1e4f, 1e6f];
        Tensor features = tensor(values, [Rows, 1]);
        Tensor encoded = FeatureEncoder.OfVectors(features, new int[Rows], hasSteps: false, []).forward(features);
        Assert.IsGreaterThan(1, (encoded[Rows - 1] - encoded[Rows - 2]).max().item<float>());
    }

    [TestMethod]
    public void Values_far_beyond_the_training_rows_stay_finite_and_on_their_side()
    {
        Tensor features = arange(Rows, dtype: ScalarType.Float32).unsqueeze(1);
        FeatureEncoder encoder = FeatureEncoder.OfVectors(features, new int[Rows], hasSteps: false, []);
        Tensor encoded = encoder.forward(tensor([-1e38f, 1e38f], [2, 1]));
        Assert.IsTrue(encoded.isfinite().all().item<bool>());
        Assert.IsGreaterThan(0, (encoded[1] - encoded[0]).min().item<float>());
    }

    [TestMethod]
    [DataRow(-110)]
    [DataRow(126)]
    public void Values_whose_range_overflows_are_encoded_like_any_other(int exponent)
    {
        Tensor features = linspace(-3, 3, Rows, dtype: ScalarType.Float32).unsqueeze(1);
        int[] classes = [.. Enumerable.Range(0, Rows).Select(i => i / 100)];
        Tensor encoded = FeatureEncoder.OfVectors(features, classes, hasSteps: true, []).forward(features);
        Tensor extreme = features * MathF.ScaleB(1, exponent);
        Assert.IsTrue(FeatureEncoder.OfVectors(extreme, classes, hasSteps: true, []).forward(extreme).allclose(encoded, 1e-4, 1e-4));
    }

    [TestMethod]
    public void Pixels_whose_squares_overflow_are_scaled_like_any_other()
    {
        using var generator = new Generator(1);
        Tensor pixels = randn(20, 12, generator: generator);
        Tensor expected = ImageEncoder.Of(pixels, channels: 3).forward(pixels);
        Tensor huge = pixels * 1e37;
        Assert.IsTrue(ImageEncoder.Of(huge, channels: 3).forward(huge).allclose(expected, 1e-4, 1e-4));
    }

    [TestMethod]
    [DataRow(1e6f)]
    [DataRow(-1e30f)]
    [DataRow(float.MaxValue)]
    public void One_absurd_pixel_hardly_moves_the_scale_of_its_channel_and_that_of_no_other(float absurd)
    {
        using var generator = new Generator(1);
        Tensor pixels = randn(400, 3 * 64, generator: generator) + 100;
        Tensor expected = ImageEncoder.Of(pixels, channels: 3).forward(pixels);
        Tensor damaged = pixels.clone();
        damaged[3, 70] = absurd;
        Tensor encoded = ImageEncoder.Of(damaged, channels: 3).forward(damaged);
        Assert.IsLessThan(0.2f, (encoded[4..] - expected[4..]).abs().max().item<float>());
        Assert.IsLessThan(60, encoded.abs().max().item<float>());
        CollectionAssert.AreEqual(expected[.., ..64].contiguous().data<float>().ToArray(), encoded[.., ..64].contiguous().data<float>().ToArray(), "other channels");
    }

    [TestMethod]
    public void The_range_of_many_pixels_is_learned_from_every_place_in_the_images()
    {
        Tensor pixels = zeros(1500, 784);
        pixels[TensorIndex.Colon, TensorIndex.Slice(1, null, 2)] = 1;
        pixels.narrow(0, 0, 100).zero_();
        Assert.AreEqual(new PixelRange(-10, 10), PixelRange.Of(pixels));
    }

    [TestMethod]
    public void Ordinary_pixels_are_scaled_by_their_mean_and_deviation_alone()
    {
        using var generator = new Generator(1);
        Tensor pixels = rand(20, 64, generator: generator) * (rand(20, 64, generator: generator) > 0.95);
        Tensor mean = pixels.to(ScalarType.Float64).mean();
        Tensor deviation = (pixels.to(ScalarType.Float64) - mean).square().mean().sqrt();
        Tensor expected = (pixels - mean) / deviation;
        Assert.IsTrue(ImageEncoder.Of(pixels, channels: 1).forward(pixels).allclose(expected.to(ScalarType.Float32), 1e-5, 1e-6));
    }

    [TestMethod]
    public void Labels_of_a_regression_are_told_apart_by_their_quantiles()
    {
        int[] classes = new RegressionTask(mean: 0, scale: 1).ClassesOf(arange(Rows, dtype: ScalarType.Float32));
        CollectionAssert.AreEqual(Enumerable.Range(0, Rows).Select(i => i / 125).ToArray(), classes);
    }
}
