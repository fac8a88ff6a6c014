using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tuning;

/// <summary>A table of which 40 % of the training labels are replaced by others, drawn at random. The labels of the validation rows, a fourth as many, and of the test rows are right.</summary>
internal sealed class NoisyLabels
{
    private const double FlippedShare = 0.4;
    private const string Images = "fashion_mnist";
    private const int Components = 100;

    private readonly TabularRow[] _truth;
    private readonly TabularRow[] _given;
    private readonly TabularRow[] _validation;
    private readonly TabularRow[] _test;
    private readonly Func<TabularRow[], IDataView> _view;

    private NoisyLabels(MLContext ml, TabularRow[] rows, TabularRow[] test, int seed)
    {
        var random = new Random(seed);
        string[] classes = [.. rows.Concat(test).Select(row => row.Class).Distinct().Order(StringComparer.Ordinal)];
        int right = rows.Length / 5;
        (_validation, _truth, _test) = (rows[..right], rows[right..], test);
        _given = [.. _truth.Select(row => random.NextDouble() < FlippedShare ? With(row, Other(row.Class)) : row)];
        _view = TuningTable.Viewer(ml, [.. rows, .. test], isClassification: true);

        string Other(string given) => classes[(Array.IndexOf(classes, given) + random.Next(1, classes.Length)) % classes.Length];
    }

    /// <summary>Names of the tables.</summary>
    public static IReadOnlyList<string> Names { get; } = [Images, "digits8x8", "satellite", "letter_recognition", "vowel", "breast_cancer"];

    /// <summary>Training rows with the labels they should have.</summary>
    public IDataView Right => _view(_truth);

    /// <summary>Training rows with the labels they are given.</summary>
    public IDataView Flipped => _view(_given);

    /// <summary>The training rows whose labels are right.</summary>
    public IDataView Kept => _view([.. _given.Where((row, i) => row.Class == _truth[i].Class)]);

    public IDataView Validation => _view(_validation);

    public IDataView Test => _view(_test);

    /// <summary>Two halves of the validation rows.</summary>
    public (IDataView First, IDataView Second) ValidationHalves => (_view(_validation[..(_validation.Length / 2)]), _view(_validation[(_validation.Length / 2)..]));

    /// <summary>Training rows and the first half of the validation rows, and the other half.</summary>
    /// <param name="onlyRight">Whether training rows with wrong labels are left out.</param>
    public (IDataView Training, IDataView Validation) Halves(bool onlyRight)
    {
        int half = _validation.Length / 2;
        return (_view([.. _given.Where((row, i) => !onlyRight || row.Class == _truth[i].Class), .. _validation[..half]]), ValidationHalves.Second);
    }

    /// <summary>All rows with the labels they are given.</summary>
    public IDataView Both => _view([.. _given, .. _validation]);

    /// <summary>Draws the wrong labels and the parts of a table.</summary>
    /// <param name="ml">Context.</param>
    /// <param name="folder">Where the table is.</param>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="reducesImages">Whether principal components stand for the pixels of images.</param>
    public static NoisyLabels Draw(MLContext ml, string folder, string name, int seed, bool reducesImages)
    {
        if (name == Images)
        {
            (IDataView images, IDataView test) = ClassificationData.All.Single(data => data.Name == Images).Load(ml, folder, seed);
            if (reducesImages)
            {
                ITransformer components = ml.Transforms.ProjectToPrincipalComponents("Features", rank: Components, overSampling: Components).Fit(images);
                (images, test) = (components.Transform(images), components.Transform(test));
            }

            TabularRow[] rows = Rows(images);
            new Random(seed).Shuffle(rows);
            return new NoisyLabels(ml, rows, Rows(test), seed);
        }

        TabularRow[] all = TuningTable.All.Single(table => table.Name == name).Read(folder, seed);
        int fifth = all.Length / 5;
        return new NoisyLabels(ml, all[fifth..], all[..fifth], seed);
    }

    private static TabularRow[] Rows(IDataView data) =>
        [.. data.GetColumn<float[]>("Features").Zip(data.GetColumn<uint>("Label"), (features, key) => new TabularRow { Features = features, Label = 0, Class = $"{key}" })];

    private static TabularRow With(TabularRow row, string label) => new() { Features = row.Features, Label = 0, Class = label };
}
