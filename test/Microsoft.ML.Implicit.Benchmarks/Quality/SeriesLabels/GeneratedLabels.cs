namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>Series that are drawn.</summary>
internal static class GeneratedLabels
{
    private const int Speakers = 9;
    private const int Coefficients = 12;
    private const int TrainingUtterances = 270;
    private const int TestUtterances = 1800;
    private const int TrainingWords = 2250;
    private const int TestWords = 2000;
    private const int ShortestWord = 3;
    private const int LongestWord = 12;
    private const int LongestTestWord = 48;

    private static readonly int[][] Generators = [[1, 2, 3, 4, 0], [1, 2, 0, 3, 4], [1, 0, 3, 2, 4]];

    /// <summary>
    /// Utterances of a vowel in the sizes of the JapaneseVowels data (Kudo, Toyama and Shimbo, 1999): nine speakers, twelve coefficients, 7 to 29 frames. A speaker has a mean
    /// and a course of each coefficient; an utterance has its own pace, an offset and correlated noise.
    /// </summary>
    public static (LabelledSeries[] Train, LabelledSeries[] Test) Speech(int seed)
    {
        var random = new Random(seed);
        double[][][] voices = [.. Enumerable.Range(0, Speakers).Select(_ => Enumerable.Range(0, Coefficients).Select(_ => Normals(random, 4)).ToArray())];
        LabelledSeries[] all = [.. Enumerable.Range(0, TrainingUtterances + TestUtterances).Select(i => Utter(random, voices[i % Speakers], i % Speakers))];
        return (all[..TrainingUtterances], all[TrainingUtterances..]);
    }

    /// <summary>
    /// Words of generators of the alternating group of five points, at irregular times: where the first point goes is the class. The word problem of this group is as hard as that
    /// of any finite one (Barrington, 1989), and beyond what a fixed number of diagonal recurrences can do for all lengths.
    /// </summary>
    /// <param name="seed">Seed of the words.</param>
    /// <param name="areLonger">Whether test words are longer than those of training, by up to four times.</param>
    public static (LabelledSeries[] Train, LabelledSeries[] Test) AlternatingGroup(int seed, bool areLonger) =>
        Track(seed, areLonger, Generators.Length, letters => letters.Aggregate(0, (point, letter) => Generators[letter][point]));

    /// <summary>Bits at irregular times: whether the number of ones is odd is the class.</summary>
    /// <param name="seed">Seed of the words.</param>
    /// <param name="areLonger">Whether test words are longer than those of training, by up to four times.</param>
    public static (LabelledSeries[] Train, LabelledSeries[] Test) Parity(int seed, bool areLonger) => Track(seed, areLonger, 2, bits => bits.Sum() % 2);

    private static (LabelledSeries[] Train, LabelledSeries[] Test) Track(int seed, bool areLonger, int letters, Func<int[], int> state)
    {
        var random = new Random(seed);
        LabelledSeries[] train = Draw(TrainingWords, ShortestWord, LongestWord);
        return (train, areLonger ? Draw(TestWords, LongestWord + 1, LongestTestWord) : Draw(TestWords, ShortestWord, LongestWord));

        LabelledSeries[] Draw(int count, int shortest, int longest) => [.. Enumerable.Range(0, count).Select(_ =>
        {
            int[] word = [.. Enumerable.Range(0, random.Next(shortest, longest + 1)).Select(_ => random.Next(letters))];
            return new LabelledSeries
            {
                Time = Times(random, word.Length),
                Class = $"{state(word)}",
                Channels = [.. Enumerable.Range(0, letters).Select(letter => Array.ConvertAll(word, other => other == letter ? 1f : 0f))],
            };
        })];
    }

    private static double[] Times(Random random, int count)
    {
        double time = 0;
        return [.. Enumerable.Range(0, count).Select(_ => time += 0.2 + random.NextDouble())];
    }

    private static LabelledSeries Utter(Random random, double[][] voice, int speaker)
    {
        int frames = random.Next(7, 30);
        double pace = 0.7 + (0.6 * random.NextDouble());
        return new LabelledSeries
        {
            Time = [.. Enumerable.Range(0, frames).Select(frame => (double)frame)],
            Class = $"speaker {speaker}",
            Channels = [.. voice.Select(course =>
            {
                double offset = 1.2 * random.NextNormal(), noise = 0;
                return Enumerable.Range(0, frames).Select(frame =>
                {
                    double place = Math.PI * Math.Min(1, pace * frame / frames);
                    noise = (0.7 * noise) + random.NextNormal();
                    return (float)((0.4 * course[0]) + (course[1] * Math.Cos(place)) + (0.5 * course[2] * Math.Cos(2 * place)) + (0.5 * course[3] * Math.Cos(3 * place)) + offset + noise);
                }).ToArray();
            })],
        };
    }

    private static double[] Normals(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextNormal())];
}
