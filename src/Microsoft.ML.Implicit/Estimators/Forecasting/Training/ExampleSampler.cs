using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Cuts series into a history and later observations to forecast.</summary>
internal sealed class ExampleSampler
{
    /// <summary>Later values that an example usually looks at.</summary>
    public const int UsualTargets = 32;

    private const int FewestCutsASeries = 8;
    private const int FewestExamples = 1024;
    private const int MostDraws = 10_240;
    private const int MostValidationExamples = 512;

    private readonly IReadOnlyList<EncodedSeries> _series;
    private readonly ForecastFold _fold;
    private readonly double _horizon;
    private readonly HistoryWindow _window;
    private readonly bool _reconstructs;
    private readonly double _shortHistories;
    private readonly int _mostTargets;
    private readonly List<(int Series, int[] Cuts)> _training = [];
    private readonly List<int> _owners = [];

    /// <param name="series">The series.</param>
    /// <param name="fold">What is held out.</param>
    /// <param name="horizon">Longest time ahead.</param>
    /// <param name="contextLength">Most observations of a history.</param>
    /// <param name="reconstructs">Whether histories are targets too.</param>
    /// <param name="shortHistories">Share of the examples whose histories are as often of one, two, four observations as of any more; all lengths are as frequent in the others.</param>
    /// <param name="mostTargets">Most later values that an example looks at, or the examples of a draw together; of more, some are left out at random.</param>
    public ExampleSampler(IReadOnlyList<EncodedSeries> series, ForecastFold fold, double horizon, int contextLength, bool reconstructs, double shortHistories = 0, int mostTargets = UsualTargets)
    {
        _series = series;
        _fold = fold;
        _horizon = horizon;
        _window = HistoryWindow.Create(contextLength, reconstructs, horizon);
        _reconstructs = reconstructs;
        _shortHistories = shortHistories;
        _mostTargets = mostTargets;
        int cutsPerSeries = Math.Max(FewestCutsASeries, FewestExamples / series.Count);
        CutsPerDraw = Math.Clamp(series.Count * cutsPerSeries / MostDraws, 1, cutsPerSeries);
        for (int i = 0; i < series.Count; i++)
        {
            int[] cuts = [.. Enumerable.Range(1, Math.Max(0, series[i].Count - 1)).Where(count => Targets(i, count, heldOut: false).Any())];
            if (cuts.Length > 0)
            {
                _owners.AddRange(Enumerable.Repeat(_training.Count, (int)Math.Ceiling(Math.Min(cuts.Length, cutsPerSeries) / (double)CutsPerDraw)));
                _training.Add((i, cuts));
            }
        }
    }

    /// <summary>Cuts that a draw makes of a series: one, or with many series several.</summary>
    public int CutsPerDraw { get; }

    /// <summary>Draws of one pass over the training series.</summary>
    public int Count => _owners.Count;

    /// <summary>Random cuts of the series behind a draw, whose histories an encoder reads together.</summary>
    public IEnumerable<ForecastExample> Draw(int draw, Random random)
    {
        (int series, int[] cuts) = _training[_owners[draw]];
        return Enumerable.Range(0, Math.Min(CutsPerDraw, cuts.Length)).Select(_ => Draw(series, cuts, random));
    }

    /// <summary>Examples whose targets are held out, always the same.</summary>
    public IReadOnlyList<ForecastExample> HeldOut()
    {
        var all = new List<(int Series, int Count)>();
        for (int i = 0; i < _series.Count; i++)
        {
            all.AddRange(Enumerable.Range(1, Math.Max(0, _series[i].Count - 1)).Where(count => Targets(i, count, heldOut: true).Any()).Select(count => (i, count)));
        }

        double stride = Math.Max(1, all.Count / (double)(MostValidationExamples * CutsPerDraw));
        var random = new Random(0);
        var examples = new List<ForecastExample>();
        for (double place = 0; place < all.Count; place += stride)
        {
            (int series, int count) = all[(int)place];
            examples.Add(Create(series, _window.First(_series[series].Times, count), count, Thin([.. Targets(series, count, heldOut: true)], random, _mostTargets)));
        }

        return examples;
    }

    private ForecastExample Draw(int series, int[] cuts, Random random)
    {
        int count = cuts[DrawIndex(cuts.Length, random)];
        int first = _window.First(_series[series].Times, count);
        int[] targets = [.. Targets(series, count, heldOut: false)];
        targets = Thin(targets, random, _mostTargets / CutsPerDraw);
        if (_reconstructs)
        {
            targets = [.. Thin([.. Enumerable.Range(first, count - first)], random, _mostTargets / CutsPerDraw), .. targets];
        }

        return Create(series, first, count, targets);
    }

    private int DrawIndex(int length, Random random) => _shortHistories > 0 && random.NextDouble() < _shortHistories
        ? Math.Min((int)Math.Pow(length + 1, random.NextDouble()), length) - 1
        : random.Next(length);

    private ForecastExample Create(int series, int first, int count, int[] targets)
    {
        EncodedSeries source = _series[series];
        return new ForecastExample(source, first, count - first, [.. targets.Select(target => source.Times[target])], targets);
    }

    private IEnumerable<int> Targets(int series, int count, bool heldOut)
    {
        double[] times = _series[series].Times;
        for (int i = count; i < times.Length && Durations.IsWithin(times[i] - times[count - 1], _horizon); i++)
        {
            if (_fold.IsHeldOut(series, i) == heldOut)
            {
                yield return i;
            }
        }
    }

    private static int[] Thin(int[] targets, Random random, int most)
    {
        if (targets.Length > most)
        {
            random.Shuffle(targets);
            Array.Resize(ref targets, most);
            Array.Sort(targets);
        }

        return targets;
    }
}
