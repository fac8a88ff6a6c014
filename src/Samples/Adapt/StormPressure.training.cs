using System.Globalization;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Samples.Adapt;

internal static partial class StormPressure
{
    private const int FewestObservations = 16;

    // Columns of the file.
    private const int Id = 0, Latitude = 2, Wind = 6, Pressure = 7;

    /// <summary>Loads the observations of long storms, and sets a fifth of the storms aside to be adapted to.</summary>
    private static (ModelInput[] Known, ModelInput[][] Asked) LoadData(SampleSettings settings)
    {
        ModelInput[][] storms =
        [
            .. File.ReadLines(settings.DataPath("ForecastIrregular", "storms.csv")).Skip(1).Select(line => line.Split(',')).Where(cells => cells[Pressure].Length > 0 && cells[Wind].Length > 0).Select(Read)
                .GroupBy(observation => observation.Storm).Select(storm => storm.ToArray()).Where(storm => storm.Length >= FewestObservations),
        ];
        new Random(settings.Seed).Shuffle(storms);
        int asked = storms.Length / 5;
        return ([.. storms[asked..].SelectMany(storm => storm)], storms[..asked]);
    }

    private static MetaLearnedLinearTransformer Train(MLContext ml, ModelInput[] known, int seed, IProgress<TuningProgress> progress) => ml.Regression.Trainers.MetaLearnedLinear(
        new MetaLearnedLinearOptions { LabelColumnName = nameof(ModelInput.Wind), TaskColumnName = nameof(ModelInput.Storm), Seed = seed, Progress = progress }).Fit(ml.Data.LoadFromEnumerable(known));

    private static ModelInput Read(string[] cells) => new()
    {
        Storm = cells[Id],
        Features = [float.Parse(cells[Pressure], CultureInfo.InvariantCulture), float.Parse(cells[Latitude], CultureInfo.InvariantCulture)],
        Wind = float.Parse(cells[Wind], CultureInfo.InvariantCulture),
    };
}
