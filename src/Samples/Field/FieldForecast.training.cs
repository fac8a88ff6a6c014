using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Samples.Field;

internal static partial class FieldForecast
{
    private const int TrainingRuns = 8;
    private const int TestRuns = 20;

    // A minute's worth for both models; by default there are more.
    private const int Epochs = 12;

    // Training sees half of what is to be forecast.
    private static readonly double[] TrainingTimes = [.. Enumerable.Range(0, 11).Select(i => 0.05 * i)];

    private static readonly double[] Horizon = [.. Enumerable.Range(1, 40).Select(i => 0.025 * i)];

    private static readonly PhysicalTerm[] Burgers = [new PhysicalTerm(PhysicalTermKind.Convection, 1), new PhysicalTerm(PhysicalTermKind.Diffusion)];

    /// <summary>Trains a model of known terms, or without them one that learns all of the equation.</summary>
    private static FieldTransformer Train(MLContext ml, IDataView rows, PhysicalTerm[] terms, string device, IProgress<TrainingProgress> progress) =>
        ml.Forecasting.ForecastField(new FieldOptions
        {
            SeriesColumnName = nameof(Snapshot.Run),
            Grid = BurgersRuns.Grid,
            Horizon = Horizon,
            Terms = terms,
            LearnsClosure = terms.Length == 0,
            Training = new TrainingOptions { MaximumEpochs = Epochs, Device = device, Progress = progress },
        }).Fit(rows);
}
