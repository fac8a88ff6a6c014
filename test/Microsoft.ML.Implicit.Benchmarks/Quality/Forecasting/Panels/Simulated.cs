namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>Simulated panels: the first half of each test series is thinned out, the whole second half asked for.</summary>
internal static class Simulated
{
    private const int SeriesCount = 1000;
    private const int HalfLength = 100;

    /// <summary>
    /// Bi-directional spirals after Chen et al. ("Neural ordinary differential equations", 2018): arcs of two spirals, one
    /// turning each way, with Gaussian noise of 0.3; the answers are without noise.
    /// </summary>
    public static Panel Spirals(int seed, int observed) => Create(seed, observed / (double)HalfLength, 0.3, hasOneUnit: true, random =>
    {
        const int dense = 1000;
        bool isClockwise = random.Next(2) == 0;
        int start = random.Next(dense - (2 * HalfLength));
        double[][] points = [new double[2 * HalfLength], new double[2 * HalfLength]];
        for (int i = 0; i < 2 * HalfLength; i++)
        {
            double time = 6 * Math.PI * (start + i) / (dense - 1);
            double angle = isClockwise ? (6 * Math.PI) + 1 - time : time;
            double radius = isClockwise ? 0.3 * 50 / angle : 0.3 * time;
            points[0][i] = (radius * Math.Cos(angle)) + (isClockwise ? -5 : 5);
            points[1][i] = radius * Math.Sin(angle);
        }

        return points;
    });

    /// <summary>A damped double pendulum of equal masses and lengths, let go at random angles: both angles and both angular velocities.</summary>
    public static Panel DoublePendulum(int seed, double fraction) => Create(seed, fraction, 0, hasOneUnit: false, random =>
    {
        const int substeps = 10;
        const double step = 0.05 / substeps;
        double[] state = [random.NextDouble() * 2 - 1, random.NextDouble() * 2 - 1, 0, 0];
        double[][] points = [.. Enumerable.Range(0, 4).Select(_ => new double[2 * HalfLength])];
        for (int i = 0; i < 2 * HalfLength; i++)
        {
            for (int v = 0; v < 4; v++)
            {
                points[v][i] = state[v];
            }

            for (int s = 0; s < substeps; s++)
            {
                state = RungeKutta(state, step);
            }
        }

        return points;
    });

    private static Panel Create(int seed, double fraction, double noise, bool hasOneUnit, Func<Random, double[][]> simulate)
    {
        var random = new Random(seed);
        var train = new List<SeriesRow>();
        var questions = new List<Question>();
        for (int i = 0; i < SeriesCount; i++)
        {
            double[][] points = simulate(random);
            bool isTest = i % 5 == 0;
            int[] places = [.. Enumerable.Range(0, 2 * HalfLength)];
            random.Shuffle(places);
            int[] first = [.. places.Where(place => place < HalfLength).Take((int)(fraction * HalfLength)).Order()];
            int[] second = [.. places.Where(place => place >= HalfLength).Take((int)(fraction * HalfLength)).Order()];
            if (!isTest)
            {
                train.Add(Observe([.. first, .. second], points, noise, random));
                continue;
            }

            SeriesRow history = Observe(first, points, noise, random);
            SeriesRow future = Observe([.. Enumerable.Range(HalfLength, HalfLength)], points, noise, random);
            history.ForecastTime = future.Time;
            float[][] truth = [.. points.Select(values => values[HalfLength..].Select(value => (float)value).ToArray())];
            questions.Add(new Question(history, truth, [.. points.Select((_, v) => future.Value(v))]));
        }

        return new Panel(train, questions, Time(2 * HalfLength) - Time(HalfLength), [], hasOneUnit);
    }

    private static double Time(int place) => place / (double)HalfLength;

    private static SeriesRow Observe(int[] places, double[][] points, double noise, Random random) =>
        SeriesRow.Create([.. places.Select(Time)], [.. points.Select(values => places.Select(place => (float)(values[place] + (noise * random.NextNormal()))).ToArray())]);

    private static double[] RungeKutta(double[] state, double step)
    {
        double[] k1 = Slope(state);
        double[] k2 = Slope(Move(state, k1, step / 2));
        double[] k3 = Slope(Move(state, k2, step / 2));
        double[] k4 = Slope(Move(state, k3, step));
        return [.. state.Select((value, i) => value + (step / 6 * (k1[i] + (2 * k2[i]) + (2 * k3[i]) + k4[i])))];
    }

    private static double[] Move(double[] state, double[] slope, double step) => [.. state.Zip(slope, (value, d) => value + (step * d))];

    private static double[] Slope(double[] state)
    {
        const double gravity = 9.81;
        const double damping = 0.2;
        (double a, double b, double u, double w) = (state[0], state[1], state[2], state[3]);
        (double sine, double cosine) = Math.SinCos(a - b);
        double denominator = 2 - (cosine * cosine);
        double first = (-gravity * 2 * Math.Sin(a)) - (w * w * sine) - (damping * u);
        double second = (u * u * sine) - (gravity * Math.Sin(b)) - (damping * w);
        return [u, w, (first - (cosine * second)) / denominator, ((2 * second) - (cosine * first)) / denominator];
    }
}
