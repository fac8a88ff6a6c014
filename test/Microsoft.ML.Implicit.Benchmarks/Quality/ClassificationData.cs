using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary>A classification data set: where its label stands, and how it is split.</summary>
/// <param name="Name">File name without ending.</param>
/// <param name="FeatureCount">Numeric columns.</param>
/// <param name="IsLabelFirst">Whether the label is the first column rather than the last.</param>
/// <param name="TestRows">Last rows used as the usual test set, or 0 for a random fifth.</param>
internal sealed record ClassificationData(string Name, int FeatureCount, bool IsLabelFirst = false, int TestRows = 0)
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
    ];

    /// <summary>Splits the data; a random split depends on the seed.</summary>
    public (IDataView Train, IDataView Test) Load(MLContext ml, string folder, int seed)
    {
        int first = IsLabelFirst ? 1 : 0;
        IDataView raw = ml.Data.LoadFromTextFile(
            Path.Combine(folder, Name + ".csv"),
            [
                new TextLoader.Column("Features", DataKind.Single, first, first + FeatureCount - 1),
                new TextLoader.Column("Label", DataKind.String, IsLabelFirst ? 0 : FeatureCount),
            ],
            separatorChar: ',',
            hasHeader: true);
        IDataView keyed = ml.Data.Cache(ml.Transforms.Conversion.MapValueToKey("Label").Fit(raw).Transform(raw));
        if (TestRows == 0)
        {
            DataOperationsCatalog.TrainTestData split = ml.Data.TrainTestSplit(keyed, 0.2, seed: seed);
            return (split.TrainSet, split.TestSet);
        }

        long rows = keyed.GetColumn<uint>("Label").LongCount();
        return (ml.Data.TakeRows(keyed, rows - TestRows), ml.Data.SkipRows(keyed, rows - TestRows));
    }
}
