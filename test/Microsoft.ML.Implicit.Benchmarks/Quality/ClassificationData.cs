using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary>A classification data set: where its label stands, and how it is split.</summary>
/// <param name="Name">File name without ending, or its beginning where the test set is a file of its own.</param>
/// <param name="FeatureCount">Numeric columns.</param>
/// <param name="IsLabelFirst">Whether the label is the first column rather than the last.</param>
/// <param name="TestRows">Last rows used as the usual test set, or 0 for a random fifth.</param>
/// <param name="Image">Shape of the images in it, or <see langword="null"/>.</param>
internal sealed record ClassificationData(string Name, int FeatureCount, bool IsLabelFirst = false, int TestRows = 0, ImageShape? Image = null)
{
    public static IReadOnlyList<ClassificationData> All { get; } =
    [
        new("iris", 4),
        new("wine", 13),
        new("breast_cancer", 30),
        new("digits8x8", 64),
        new("letter_recognition", 16, IsLabelFirst: true, TestRows: 4000),
        new("satellite", 36, TestRows: 2000),
        new("shuttle", 9),
        new("fashion_mnist", 784, IsLabelFirst: true, Image: new ImageShape(1, 28, 28)),
    ];

    /// <summary>Splits the data; a random split depends on the seed.</summary>
    public (IDataView Train, IDataView Test) Load(MLContext ml, string folder, int seed)
    {
        if (Image is not null)
        {
            IDataView images = Read(ml, folder, Name + "_train_2000.csv");
            ITransformer keys = ml.Transforms.Conversion.MapValueToKey("Label").Fit(images);
            return (ml.Data.Cache(keys.Transform(images)), ml.Data.Cache(keys.Transform(Read(ml, folder, Name + "_test_1000.csv"))));
        }

        IDataView raw = Read(ml, folder, Name + ".csv");
        IDataView keyed = ml.Data.Cache(ml.Transforms.Conversion.MapValueToKey("Label").Fit(raw).Transform(raw));
        if (TestRows == 0)
        {
            DataOperationsCatalog.TrainTestData split = ml.Data.TrainTestSplit(keyed, 0.2, seed: seed);
            return (split.TrainSet, split.TestSet);
        }

        long rows = keyed.GetColumn<uint>("Label").LongCount();
        return (ml.Data.TakeRows(keyed, rows - TestRows), ml.Data.SkipRows(keyed, rows - TestRows));
    }

    private IDataView Read(MLContext ml, string folder, string file)
    {
        int first = IsLabelFirst ? 1 : 0;
        return ml.Data.LoadFromTextFile(
            Path.Combine(folder, file),
            [
                new TextLoader.Column("Features", DataKind.Single, first, first + FeatureCount - 1),
                new TextLoader.Column("Label", DataKind.String, IsLabelFirst ? 0 : FeatureCount),
            ],
            separatorChar: ',',
            hasHeader: true);
    }
}
