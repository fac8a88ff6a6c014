using MathNet.Numerics.Distributions;
using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.NeuralOde;

/// <summary>
/// MNIST-1D by its published recipe (Greydanus, "Scaling down deep learning", 2020): digits as signals of 40 numbers, made of ten templates, padded, scaled,
/// shifted around, with smooth noise where there was nothing, white noise and a slope. 4,000 to train and 1,000 to test.
/// </summary>
internal static class SignalDigits
{
    public const int Length = 40;

    private const int Count = 5000;
    private const int TrainCount = 4000;
    private const int TemplateLength = 12;
    private const int LeastPadding = 36;
    private const int MostPadding = 60;
    private const int MostShift = 48;
    private const double ScaleRange = 0.4;
    private const double SmoothNoise = 0.25;
    private const double SmoothWidth = 2;
    private const double WhiteNoise = 0.02;
    private const double SlopeRange = 0.75;

    // What keeps the zeros of a template apart from those of the padding.
    private const double Mark = 1e-8;

    private static readonly double[][] Templates =
    [
        [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5],
        [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
        [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5],
        [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
        [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5],
        [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
        [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5],
        [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
    ];

    /// <summary>Generates the signals.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="seed">Seed of everything random.</param>
    /// <returns>Rows with <c>Features</c> and a key <c>Label</c>.</returns>
    public static (IDataView Train, IDataView Test) Create(MLContext ml, int seed)
    {
        var random = new Random(seed);
        double[][] templates = Array.ConvertAll(Templates, Standardize);
        Signal[] signals = [.. Enumerable.Range(0, Count).Select(i => new Signal { Label = 1 + (uint)(i % templates.Length), Features = Draw(templates[i % templates.Length], random) })];
        random.Shuffle(signals);
        return (ml.Data.LoadFromEnumerable(signals[..TrainCount]), ml.Data.LoadFromEnumerable(signals[TrainCount..]));
    }

    private static double[] Standardize(double[] template)
    {
        double mean = template.Average(), deviation = Math.Sqrt(template.Average(x => (x - mean) * (x - mean)));
        return Array.ConvertAll(template, x => (x - template[0]) / deviation / 6);
    }

    private static float[] Draw(double[] template, Random random)
    {
        int padding = LeastPadding + random.Next(MostPadding - LeastPadding + 1);
        double[] padded = [.. template.Select(x => x + Mark), .. new double[padding]];
        double scale = 1 + (ScaleRange * (random.NextDouble() - 0.5));
        double[] signal = Array.ConvertAll(Interpolate(padded, TemplateLength + MostPadding), x => x * scale);
        int shift = random.Next(MostShift);
        signal = [.. signal[^shift..], .. signal[..^shift]];

        double[] smooth = Smooth([.. signal.Select(_ => Normal.Sample(random, 0, SmoothNoise))]);
        double slope = SlopeRange * (random.NextDouble() - 0.5);
        for (int i = 0; i < signal.Length; i++)
        {
            signal[i] = (signal[i] == 0 ? smooth[i] : signal[i]) + Normal.Sample(random, 0, WhiteNoise) - (slope * ((i / (signal.Length - 1.0)) - 0.5));
        }

        return Array.ConvertAll(Interpolate(signal, Length), x => (float)x);
    }

    private static double[] Interpolate(double[] signal, int length)
    {
        double[] result = new double[length];
        for (int i = 0; i < length; i++)
        {
            double place = i * (signal.Length - 1.0) / (length - 1);
            int before = Math.Min((int)place, signal.Length - 2);
            result[i] = signal[before] + ((place - before) * (signal[before + 1] - signal[before]));
        }

        return result;
    }

    // A Gaussian filter, which sees the signal reflected at its ends.
    private static double[] Smooth(double[] noise)
    {
        int reach = (int)Math.Round(4 * SmoothWidth);
        double[] weights = [.. Enumerable.Range(-reach, (2 * reach) + 1).Select(offset => Math.Exp(-offset * offset / (2 * SmoothWidth * SmoothWidth)))];
        double total = weights.Sum();
        return [.. noise.Select((_, i) => weights.Select((weight, k) => weight * noise[Reflect(i + k - reach, noise.Length)]).Sum() / total)];
    }

    private static int Reflect(int index, int length) => index < 0 ? -index - 1 : index >= length ? (2 * length) - 1 - index : index;

    private sealed class Signal
    {
        [VectorType(Length)]
        public float[] Features { get; set; } = [];

        [KeyType(10)]
        public uint Label { get; set; }
    }
}
