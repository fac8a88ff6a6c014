using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Samples.Directions;

internal static partial class StormDirections
{
    // Positions are rounded to a tenth of a degree, which would make some headings far too frequent.
    private const double Rounding = 0.1;

    /// <summary>Reads each storm's moves and sets a fifth of the storms aside.</summary>
    private static (IDataView Train, IDataView Test) LoadData(MLContext ml, SampleSettings settings)
    {
        IDataView observations = ml.Data.LoadFromTextFile<Observation>(settings.DataPath("ForecastIrregular", "storms.csv"), separatorChar: ',', hasHeader: true);
        var random = new Random(settings.Seed);
        StormMove[][] storms = [.. ml.Data.CreateEnumerable<Observation>(observations, reuseRowObject: false)
            .GroupBy(observation => observation.Name)
            .Select(storm => Moves([.. storm], random))];
        random.Shuffle(storms);
        int held = storms.Length / 5;
        return (ml.Data.LoadFromEnumerable(storms[held..].SelectMany(moves => moves).ToArray()), ml.Data.LoadFromEnumerable(storms[..held].SelectMany(moves => moves).ToArray()));
    }

    private static StormMove[] Moves(Observation[] track, Random random)
    {
        double Dequantize(float degrees) => degrees + (Rounding * (random.NextDouble() - 0.5));
        (double, double)[] places = [.. track.Select(observation => (Dequantize(observation.Latitude), Dequantize(observation.Longitude)))];
        return [.. Enumerable.Range(0, track.Length - 1)
            .Where(i => track[i + 1].Time > track[i].Time)
            .Select(i => StormMove.Between(places[i], places[i + 1], (track[i + 1].Time - track[i].Time).TotalHours))];
    }

    /// <summary>Trains with the place marked as a unit vector and the heading as an angle.</summary>
    private static ITransformer Train(MLContext ml, IDataView data, string device, IProgress<TrainingProgress> progress) =>
        ml.Transforms.Concatenate("Features", nameof(StormMove.Position), nameof(StormMove.Heading), nameof(StormMove.Speed))
            .Append(ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions
            {
                ManifoldFeatures = [ManifoldFeature.UnitVector(firstSlot: 0, length: 3), ManifoldFeature.Angle(nameof(StormMove.Heading), period: 360)],
                Training = new TrainingOptions { Device = device, Progress = progress },
            }))
            .Fit(data);

    /// <summary>Trains on latitude, longitude and heading as if they were numbers on a line, for comparison.</summary>
    private static ITransformer TrainPlain(MLContext ml, IDataView data, string device, IProgress<TrainingProgress> progress) =>
        ml.Transforms.Concatenate("Features", nameof(StormMove.Latitude), nameof(StormMove.Longitude), nameof(StormMove.Heading), nameof(StormMove.Speed))
            .Append(ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions
            {
                Training = new TrainingOptions { Device = device, Progress = progress },
            }))
            .Fit(data);

    private sealed class Observation
    {
        [LoadColumn(0)]
        public string Name { get; set; } = string.Empty;

        [LoadColumn(1)]
        public DateTime Time { get; set; }

        [LoadColumn(2)]
        public float Latitude { get; set; }

        [LoadColumn(3)]
        public float Longitude { get; set; }
    }
}
