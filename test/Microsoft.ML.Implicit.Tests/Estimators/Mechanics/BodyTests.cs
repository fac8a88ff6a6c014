using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.Mechanics;

/// <summary>Bodies that act on each other alone.</summary>
[TestClass]
public sealed class BodyTests
{
    [TestMethod]
    public void Two_bodies_stay_together_far_ahead_and_their_centre_goes_on_straight()
    {
        Orbit[] train = [.. Enumerable.Range(0, 24).Select(i => Orbit.Create(new Random(i), 24, 0.4))];
        var ml = new MLContext(seed: 1);
        var options = new MechanicsOptions
        {
            PositionColumnNames = ["X1", "Y1", "X2", "Y2"],
            MomentumColumnNames = ["PX1", "PY1", "PX2", "PY2"],
            CoordinatesPerBody = 2,
            ForecastTimeColumnName = nameof(Orbit.Ahead),
            EstimatesStates = false,
            HiddenWidth = 16,
            HiddenLayers = 1,
            Training = { Seed = 1, MaximumEpochs = 40, BatchSize = 64, LearningRate = 0.03 },
        };
        using MechanicsTransformer model = ml.Forecasting.ForecastByMechanics(options).Fit(ml.Data.LoadFromEnumerable(train));
        Assert.AreEqual(MechanicsForm.SeparableHamiltonian, model.Model.Form);

        Orbit orbit = Orbit.Create(new Random(100), 1, 0.4);
        orbit.Ahead = [.. Enumerable.Range(1, 50).Select(i => 2.0 * i)];
        float[] forecast = Forecast(model, orbit);
        for (int m = 0; m < 50; m++)
        {
            double x = forecast[m] - forecast[100 + m], y = forecast[50 + m] - forecast[150 + m];
            Assert.AreEqual(2, double.Hypot(x, y), 0.4, $"distance at {orbit.Ahead[m]}");
            Assert.AreEqual(0, forecast[m] + forecast[100 + m], 0.1, "centre");
            Assert.AreEqual(0, forecast[200 + m] + forecast[300 + m], 1e-5, "momentum");
        }

        // Elsewhere and turned, all is the same there and turned.
        var moved = new Orbit { Time = [0], X1 = [100 - orbit.Y1[0]], Y1 = [orbit.X1[0] - 7], X2 = [100 - orbit.Y2[0]], Y2 = [orbit.X2[0] - 7], Ahead = [3] };
        (moved.PX1, moved.PY1, moved.PX2, moved.PY2) = ([-orbit.PY1[0]], [orbit.PX1[0]], [-orbit.PY2[0]], [orbit.PX2[0]]);
        orbit.Ahead = [3];
        float[] here = Forecast(model, orbit), there = Forecast(model, moved);
        Assert.AreEqual(here[0], there[1] + 7, 0.02);
        Assert.AreEqual(here[1], 100 - there[0], 0.02);

        using var file = new MemoryStream();
        ml.Model.Save(model, ml.Data.LoadFromEnumerable(train).Schema, file);
        file.Position = 0;
        using var loaded = (MechanicsTransformer)ml.Model.Load(file, out _);
        CollectionAssert.AreEqual(here, Forecast(loaded, orbit));
    }

    private static float[] Forecast(MechanicsTransformer model, Orbit orbit) => model.Transform(new MLContext(seed: 1).Data.LoadFromEnumerable([orbit])).GetColumn<float[]>("Forecast").Single();

    /// <summary>Two bodies of mass one at a distance of about two, which attract each other by the inverse square.</summary>
    private sealed class Orbit
    {
        public double[] Time { get; set; } = [];

        public float[] X1 { get; set; } = [];

        public float[] Y1 { get; set; } = [];

        public float[] X2 { get; set; } = [];

        public float[] Y2 { get; set; } = [];

        public float[] PX1 { get; set; } = [];

        public float[] PY1 { get; set; } = [];

        public float[] PX2 { get; set; } = [];

        public float[] PY2 { get; set; } = [];

        public double[] Ahead { get; set; } = [];

        public static Orbit Create(Random random, int count, double gap)
        {
            const int steps = 200;
            double angle = 2 * Math.PI * random.NextDouble(), speed = 0.5 * (1 + (0.1 * (random.NextDouble() - 0.5)));
            (double x, double y, double u, double v) = (Math.Cos(angle), Math.Sin(angle), -speed * Math.Sin(angle), speed * Math.Cos(angle));
            var states = new List<double[]>();
            for (int i = 0; i < count; i++)
            {
                states.Add([x, y, u, v]);
                for (int k = 0; k < steps; k++)
                {
                    // Leapfrog of one body around the centre: the other one is opposite.
                    double h = gap / steps;
                    (x, y) = (x + (h / 2 * u), y + (h / 2 * v));
                    double pull = h / (4 * Math.Pow(double.Hypot(x, y), 3));
                    (u, v) = (u - (pull * x), v - (pull * y));
                    (x, y) = (x + (h / 2 * u), y + (h / 2 * v));
                }
            }

            float[] Column(int place, double sign) => [.. states.Select(state => (float)(sign * state[place]))];
            return new Orbit
            {
                Time = [.. Enumerable.Range(0, count).Select(i => i * gap)],
                X1 = Column(0, 1),
                Y1 = Column(1, 1),
                X2 = Column(0, -1),
                Y2 = Column(1, -1),
                PX1 = Column(2, 1),
                PY1 = Column(3, 1),
                PX2 = Column(2, -1),
                PY2 = Column(3, -1),
            };
        }
    }
}
