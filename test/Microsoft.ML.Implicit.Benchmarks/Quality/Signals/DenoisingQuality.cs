using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Signals;

/// <summary>
/// Removes noise from signals of constant pieces by a total variation whose weight is learned, and by one whose differences are learned from there on (Amos and Kolter, "OptNet", 2017, section 4.2): 100 points, up to nine pieces at whole heights
/// from 10 to 99, noise of deviation 10, 9,000 signals to learn from and 1,000 others.
/// </summary>
internal static class DenoisingQuality
{
    private const int Length = 100;
    private const int MostPieces = 9;
    private const double Noise = 10;
    private const int Training = 9000;
    private const int Test = 1000;
    private const int HeldOut = 1000;
    private const int Epochs = 100;

    public static void Run(int seeds)
    {
        Console.WriteLine("seed\tmean squared error: as measured\tmean of the signal\tlearned weight\tbest weight of the test signals\tlearned differences\tlearned weight is\tseconds\tseconds of the differences");
        for (int seed = 1; seed <= seeds; seed++)
        {
            var ml = new MLContext(seed);
            var random = new Random(seed);
            Signal[] training = [.. Enumerable.Range(0, Training).Select(_ => Signal.Draw(random))], test = [.. Enumerable.Range(0, Test).Select(_ => Signal.Draw(random))];
            IDataView view = ml.Data.LoadFromEnumerable(test);
            long start = Stopwatch.GetTimestamp();
            using TotalVariationTransformer learned = ml.Transforms
                .TotalVariation(new TotalVariationOptions { InputColumnName = nameof(Signal.Measured), TargetColumnName = nameof(Signal.Clean) })
                .Fit(ml.Data.LoadFromEnumerable(training));
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            double best = Enumerable.Range(1, 60).Min(weight =>
            {
                using TotalVariationTransformer given = ml.Transforms.TotalVariation("Steps", nameof(Signal.Measured), weight).Fit(view);
                return Error(Smooth(given), test);
            });
            start = Stopwatch.GetTimestamp();
            double differences = LearnDifferences(training, test, learned.Weight);
            double secondsOfDifferences = Stopwatch.GetElapsedTime(start).TotalSeconds;
            double flat = Error([.. test.Select(signal => Enumerable.Repeat(signal.Measured.Average(), Length).ToArray())], test);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{seed}\t{Error([.. test.Select(signal => signal.Measured)], test):F1}\t{flat:F1}\t{Error(Smooth(learned), test):F2}\t{best:F2}\t{differences:F2}\t{learned.Weight:F2}\t{seconds:F1}\t{secondsOfDifferences:F1}"));

            float[][] Smooth(TotalVariationTransformer model) => [.. model.Transform(view).GetColumn<float[]>(model.OutputColumnName)];
        }
    }

    private static double LearnDifferences(Signal[] training, Signal[] test, double weight)
    {
        using DisposeScope scope = NewDisposeScope();
        using var model = new LearnedDifferences(Length, weight);
        model.Learn(
            Values(training, signal => signal.Measured),
            Values(training, signal => signal.Clean),
            HeldOut,
            Epochs,
            (epoch, error) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"epoch {epoch}\theld-out error {error:F3}")));
        return model.Error(Values(test, signal => signal.Measured), Values(test, signal => signal.Clean));
    }

    private static Tensor Values(Signal[] signals, Func<Signal, float[]> values) => tensor(signals.SelectMany(values).ToArray(), [signals.Length, Length]).to(ScalarType.Float64);

    private static double Error(float[][] found, Signal[] signals) =>
        found.Zip(signals, (values, signal) => values.Zip(signal.Clean, (a, b) => Math.Pow(a - b, 2)).Average()).Average();

    private sealed class Signal
    {
        [VectorType(Length)]
        public float[] Measured { get; init; } = [];

        [VectorType(Length)]
        public float[] Clean { get; init; } = [];

        public static Signal Draw(Random random)
        {
            int pieces = random.Next(1, MostPieces + 1);
            int[] places = [.. Enumerable.Range(1, Length - 2)];
            random.Shuffle(places);
            int[] ends = [.. places.Take(pieces - 1).Order(), Length];
            float[] clean = new float[Length];
            int start = 0;
            foreach (int end in ends)
            {
                Array.Fill(clean, random.Next(10, 100), start, end - start);
                start = end;
            }

            return new Signal
            {
                Clean = clean,
                Measured = [.. clean.Select(value => value + (float)(Noise * random.NextNormal()))],
            };
        }
    }
}
