using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

/// <summary>The convolutional multi-scale cell through the trainer, on small images whose class is the direction of a bar anywhere in them.</summary>
[TestClass]
public class ConvolutionalTests
{
    private const int Size = 8;

    [TestMethod]
    public void Bars_are_told_apart_and_the_model_survives_saving()
    {
        var ml = new MLContext(seed: 1);
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 20);
        options.Cell = EquilibriumCellKind.MultiscaleConvolutional;
        options.Training.LearningRate = 0.01;
        options.Image = new ImageShape(1, Size, Size);
        options.MaximumImageShift = 1;
        DeepEquilibriumTransformer model = ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(Bars(ml, 160, seed: 1));
        IDataView test = Bars(ml, 80, seed: 2);
        IDataView scored = model.Transform(test);
        Assert.IsGreaterThan(0.9, ml.BinaryClassification.Evaluate(scored).Accuracy);

        using var file = new MemoryStream();
        ml.Model.Save(model, test.Schema, file);
        file.Position = 0;
        CollectionAssert.AreEqual(Scored.Values(scored), Scored.Values(new MLContext().Model.Load(file, out _).Transform(test)));
    }

    [TestMethod]
    [DataRow(16)]
    [DataRow(40)]
    public void The_same_seed_gives_the_same_model_at_every_width(int width)
    {
        float[][] scores = [.. Enumerable.Range(0, 3).Select(_ =>
        {
            var ml = new MLContext(seed: 1);
            DeepEquilibriumOptions options = QuickOptions.Create(epochs: 2);
            options.Cell = EquilibriumCellKind.MultiscaleConvolutional;
            options.HiddenWidth = width;
            options.Image = new ImageShape(1, Size, Size);
            IDataView bars = Bars(ml, 64, seed: 1);
            return Scored.Values(ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(bars).Transform(bars));
        })];
        CollectionAssert.AreEqual(scores[0], scores[1]);
        CollectionAssert.AreEqual(scores[0], scores[2]);
        Assert.IsTrue(scores[0].All(float.IsFinite));
    }

    [TestMethod]
    public void Many_images_get_the_scores_that_few_get()
    {
        var ml = new MLContext(seed: 1);
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 1);
        options.Cell = EquilibriumCellKind.MultiscaleConvolutional;
        options.Image = new ImageShape(1, Size, Size);
        Image[] images = DrawBars(150, seed: 1);
        DeepEquilibriumTransformer model = ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(ml.Data.LoadFromEnumerable(images));
        float[] together = Scored.Values(model.Transform(ml.Data.LoadFromEnumerable(images)));
        float[] few = [.. images.Chunk(7).SelectMany(chunk => Scored.Values(model.Transform(ml.Data.LoadFromEnumerable(chunk))))];
        Assert.HasCount(together.Length, few);
        for (int i = 0; i < few.Length; i++)
        {
            Assert.AreEqual(few[i], together[i], 1e-4f);
        }
    }

    [TestMethod]
    [DataRow(1e6f)]
    [DataRow(1e30f)]
    public void One_absurd_pixel_in_training_costs_no_other_image(float absurd)
    {
        var ml = new MLContext(seed: 1);
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 20);
        options.Cell = EquilibriumCellKind.MultiscaleConvolutional;
        options.Training.LearningRate = 0.01;
        options.Image = new ImageShape(1, Size, Size);
        options.MaximumImageShift = 1;
        Image[] images = DrawBars(160, seed: 1);
        images[3].Features[20] = absurd;
        DeepEquilibriumTransformer model = ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(ml.Data.LoadFromEnumerable(images));
        Assert.IsGreaterThan(0.9, ml.BinaryClassification.Evaluate(model.Transform(Bars(ml, 80, seed: 2))).Accuracy);
    }

    private static IDataView Bars(MLContext ml, int count, int seed) => ml.Data.LoadFromEnumerable(DrawBars(count, seed));

    private static Image[] DrawBars(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => Image.Draw(random, isVertical: i % 2 == 0))];
    }

    private sealed class Image
    {
        [VectorType(Size * Size)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }

        public static Image Draw(Random random, bool isVertical)
        {
            float[] pixels = [.. Enumerable.Range(0, Size * Size).Select(_ => 0.3f * random.NextSingle())];
            int position = random.Next(Size);
            int start = random.Next(Size - 4);
            for (int i = start; i < start + 4; i++)
            {
                pixels[isVertical ? (i * Size) + position : (position * Size) + i] = 1;
            }

            return new Image { Features = pixels, Label = isVertical };
        }
    }
}
