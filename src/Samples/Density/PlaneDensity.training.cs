using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Samples.Density;

internal static partial class PlaneDensity
{
    private const int TrainingRows = 8000;
    private const int TestRows = 4000;

    // A minute's worth; by default there are more.
    private const int Epochs = 30;

    private static IEnumerable<Scenario> Scenarios(MLContext ml, SampleSettings settings)
    {
        var random = new Random(settings.Seed);
        IDataView Pinwheels(int count) => ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(_ => Pinwheel.Draw(random)).ToArray());
        yield return new Scenario("Pinwheel", "pinwheel.zip", "x", "y", Pinwheels(TrainingRows), Pinwheels(TestRows), Pinwheel.LogDensity);

        DataOperationsCatalog.TrainTestData storms = ml.Data.TrainTestSplit(LoadStorms(ml, settings), testFraction: 0.2, seed: settings.Seed);
        yield return new Scenario("Atlantic storms", "storm-positions.zip", "longitude", "latitude", storms.TrainSet, storms.TestSet, null);
    }

    /// <summary>Longitude and latitude of observed storms.</summary>
    private static IDataView LoadStorms(MLContext ml, SampleSettings settings)
    {
        IDataView observations = ml.Data.LoadFromTextFile(
            settings.DataPath("ForecastIrregular", "storms.csv"),
            [new TextLoader.Column(nameof(Point.Features), DataKind.Single, [new TextLoader.Range(3), new TextLoader.Range(2)])],
            separatorChar: ',',
            hasHeader: true);
        return ml.Data.FilterRowsByMissingValues(observations, nameof(Point.Features));
    }

    /// <summary>Trains with default options but for the number of epochs.</summary>
    private static NormalizingFlowTransformer Train(MLContext ml, IDataView data, string device, IProgress<TrainingProgress> progress) =>
        ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions
        {
            Training = new TrainingOptions { MaximumEpochs = Epochs, Device = device, Progress = progress },
        }).Fit(data);

    /// <summary>A density to learn.</summary>
    /// <param name="Title">Title in the table and the plot.</param>
    /// <param name="FileName">File of the trained model.</param>
    /// <param name="Horizontal">What the first feature is.</param>
    /// <param name="Vertical">What the second feature is.</param>
    /// <param name="Train">Training rows.</param>
    /// <param name="Test">Test rows.</param>
    /// <param name="TrueLogDensity">Log density in nats, or <see langword="null"/> where nobody knows it.</param>
    private sealed record Scenario(
        string Title, string FileName, string Horizontal, string Vertical, IDataView Train, IDataView Test, Func<Point, double>? TrueLogDensity);
}
