using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

/// <summary>A column that declares the dimensions of its images declares those that the model reads.</summary>
[TestClass]
public sealed class ImageShapeTests
{
    private static readonly ImageShape Colour = new(3, 16, 8);
    private static readonly ImageShape Grey = new(1, 16, 8);

    [TestMethod]
    public void Declared_dimensions_in_the_order_that_is_read_are_accepted()
    {
        foreach (int[] dimensions in new int[][] { [384], [3, 16, 8], [1, 3, 16, 8] })
        {
            Colour.CheckDimensions(Column(dimensions));
        }

        foreach (int[] dimensions in new int[][] { [128], [1, 16, 8], [16, 8], [16, 8, 1] })
        {
            Grey.CheckDimensions(Column(dimensions));
        }
    }

    [TestMethod]
    public void Declared_dimensions_in_another_order_are_refused_with_both()
    {
        foreach (int[] dimensions in new int[][] { [16, 8, 3], [3, 8, 16], [8, 16, 3], [48, 8] })
        {
            string message = Assert.ThrowsExactly<ArgumentException>(() => Colour.CheckDimensions(Column(dimensions))).Message;
            StringAssert.Contains(message, $"'Features' declares images of {string.Join(" x ", dimensions)}; they are read as 3 x 16 x 8", StringComparison.Ordinal);
        }

        Assert.ThrowsExactly<ArgumentException>(() => Grey.CheckDimensions(Column(8, 16)));
        Assert.ThrowsExactly<ArgumentException>(() => Grey.CheckDimensions(Column(8, 16, 1)));
    }

    [TestMethod]
    public void Interleaved_images_are_refused_in_training_and_in_scoring()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        Image[] images = [.. Enumerable.Range(0, 16).Select(i => new Image { Features = [.. Enumerable.Range(0, 192).Select(_ => random.NextSingle())], Label = i })];
        IDataView View(params int[] dimensions)
        {
            SchemaDefinition schema = SchemaDefinition.Create(typeof(Image));
            schema[nameof(Image.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, dimensions);
            return ml.Data.LoadFromEnumerable(images, schema);
        }

        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 1);
        options.Cell = EquilibriumCellKind.MultiscaleConvolutional;
        options.Image = new ImageShape(3, 8, 8);
        DeepEquilibriumRegressionTrainer trainer = ml.Regression.Trainers.DeepEquilibrium(options);
        Assert.ThrowsExactly<ArgumentException>(() => trainer.Fit(View(8, 8, 3)));
        Assert.ThrowsExactly<ArgumentException>(() => trainer.Fit(View(3, 8, 8), View(8, 8, 3)));
        using DeepEquilibriumTransformer model = trainer.Fit(View(3, 8, 8));
        Assert.ThrowsExactly<ArgumentException>(() => model.Transform(View(8, 8, 3)));
        Assert.HasCount(16, Scored.Values(model.Transform(View(192))));
    }

    private static DataViewSchema.Column Column(params int[] dimensions)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("Features", new VectorDataViewType(NumberDataViewType.Single, dimensions));
        return builder.ToSchema()["Features"];
    }

    [TestMethod]
    [DataRow(-1, -8, 8)]
    [DataRow(0, 8, 8)]
    [DataRow(64, 1, 1)]
    [DataRow(1, 64, 0)]
    public void A_shape_without_a_channel_or_two_pixels_is_refused_by_the_name_of_the_option(int channels, int height, int width)
    {
        DeepEquilibriumOptions options = QuickOptions.Create();
        options.Cell = EquilibriumCellKind.MultiscaleConvolutional;
        options.Image = new ImageShape(channels, height, width);
        Assert.AreEqual("Image", Assert.ThrowsExactly<ArgumentException>(() => new MLContext().Regression.Trainers.DeepEquilibrium(options)).ParamName);
    }

    private sealed class Image
    {
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }
}
