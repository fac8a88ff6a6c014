using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.Mechanics;

[TestClass]
public sealed class MechanicsForecasterTests
{
    private static readonly Swing[] Train = Swing.Springs(12, 12, seed: 1);

    // Every test of what was learned looks at one model.
    private static readonly Lazy<MechanicsTransformer> Fitted = new(() => Fit(Estimating(), Train));

    [TestMethod]
    public void A_spring_is_forecast_for_many_periods_with_an_energy_that_does_not_change()
    {
        // Velocity 0 at position 0.8: q = 0.8 cos t.
        double[] times = [.. Enumerable.Range(1, 40).Select(i => i * 0.5)];
        var start = new Swing { Time = [0], Position = [0.8f], Velocity = [0], Ahead = times };
        float[] forecast = Forecast(Fitted.Value, start);
        for (int m = 0; m < 8; m++)
        {
            Assert.AreEqual(0.8 * Math.Cos(times[m]), forecast[m], 0.06, $"position at {times[m]}");
            Assert.AreEqual(-0.8 * Math.Sin(times[m]), forecast[40 + m], 0.06, $"velocity at {times[m]}");
        }

        double[] energies = [.. Enumerable.Range(0, 40).Select(m => Fitted.Value.Model.Energy([forecast[m]], [forecast[40 + m]]))];
        foreach (double energy in energies)
        {
            Assert.AreEqual(energies[0], energy, 1e-5);
        }
    }

    [TestMethod]
    public void The_energy_has_the_unit_of_the_inertia_and_tells_what_is_at_rest()
    {
        // (q² + v²) / 2, counted from the least in training, by mass.
        MechanicsModelParameters model = Fitted.Value.Model;
        Assert.AreEqual(0.32 - 0.02, model.Energy([0.8], [0]) - model.Energy([0.2], [0]), 0.03);
        Assert.AreEqual(0.18, model.Energy([0], [0.6]) - model.Energy([0], [0]), 0.02);
        Assert.ThrowsExactly<ArgumentException>(() => model.Energy([1, 2], [0]));

        var ml = new MLContext(seed: 1);
        Swing[] rows = [Train[0], Train[1]];
        IDataView scored = Fitted.Value.Transform(ml.Data.LoadFromEnumerable(rows));
        float[] last = [.. scored.GetColumn<float>("Energy")];
        float[][] all = [.. scored.GetColumn<float[]>("Energies")];
        for (int row = 0; row < 2; row++)
        {
            Assert.HasCount(rows[row].Time.Length, all[row]);
            Assert.AreEqual(all[row][^1], last[row], 0.01);
            Assert.IsLessThan(0.02, all[row].Max() - all[row].Min());
            Assert.AreEqual(model.Energy([rows[row].Position[3]], [rows[row].Velocity[3]]), all[row][3], 1e-5);
        }
    }

    [TestMethod]
    public void Rows_are_forecast_alike_alone_in_another_order_and_beside_others()
    {
        Swing[] rows = [Train[0].First(3, 9, 50), Train[1].First(8, 20), Train[2].First(1, 5, 6, 7), new Swing { Ahead = [1] }, Train[3].First(12, 10.5)];
        float[][] together = Forecasts(Fitted.Value, rows), reversed = Forecasts(Fitted.Value, [.. rows.Reverse()]);
        for (int row = 0; row < rows.Length; row++)
        {
            float[] alone = Forecast(Fitted.Value, rows[row]);
            Assert.HasCount(2 * rows[row].Ahead.Length, alone);
            for (int i = 0; i < alone.Length; i++)
            {
                Assert.AreEqual(alone[i], together[row][i], 1e-5f);
                Assert.AreEqual(alone[i], reversed[rows.Length - 1 - row][i], 1e-5f);
            }
        }

        Assert.IsTrue(float.IsNaN(together[3][0]), "nothing is known of a series without observations");
    }

    [TestMethod]
    public void Missing_values_and_the_order_of_observations_matter_little_and_not_at_all()
    {
        Swing whole = Train[4].First(10, Train[4].Time[9] + 1), gaps = Train[4].First(10, whole.Ahead);
        gaps.Velocity = [.. gaps.Velocity.Select((value, i) => i is 9 or 4 ? float.NaN : value)];
        Swing shuffled = Train[4].First(10, whole.Ahead);
        Array.Reverse(shuffled.Time);
        Array.Reverse(shuffled.Position);
        Array.Reverse(shuffled.Velocity);
        float[] expected = Forecast(Fitted.Value, whole);
        Assert.AreEqual(expected[0], Forecast(Fitted.Value, gaps)[0], 0.05);
        Assert.AreEqual(expected[0], Forecast(Fitted.Value, shuffled)[0], 1e-6);

        // At the last observation the forecast is the estimate of it, and before it there is none.
        Swing past = Train[4].First(10, Train[4].Time[9], Train[4].Time[3]);
        float[] known = Forecast(Fitted.Value, past);
        Assert.AreEqual(past.Position[9], known[0], 0.02);
        Assert.IsTrue(float.IsNaN(known[1]));
        Swing never = Train[4].First(10, whole.Ahead);
        never.Velocity = [.. never.Velocity.Select(_ => float.NaN)];
        Assert.AreEqual(expected[0], Forecast(Fitted.Value, never)[0], 0.05, "positions tell of velocities");
        never = Train[4].First(10, whole.Ahead);
        never.Position = [.. never.Velocity.Select(_ => float.NaN)];
        Assert.IsTrue(Forecast(Fitted.Value, never).All(float.IsNaN));
    }

    [TestMethod]
    public void Noise_is_evened_out_by_the_observations_before()
    {
        var random = new Random(3);
        double estimated = 0, taken = 0;
        foreach (Swing truth in Swing.Springs(20, 8, seed: 7))
        {
            Swing noisy = truth.First(8, truth.Time[^1]);
            noisy.Position = [.. noisy.Position.Select(value => value + (float)Swing.Uniform(random, -0.1, 0.1))];
            noisy.Velocity = [.. noisy.Velocity.Select(value => value + (float)Swing.Uniform(random, -0.1, 0.1))];
            estimated += Math.Pow(Forecast(Fitted.Value, noisy)[0] - truth.Position[^1], 2);
            taken += Math.Pow(noisy.Position[^1] - truth.Position[^1], 2);
        }

        Assert.IsLessThan(0.6 * taken, estimated);
    }

    [TestMethod]
    public void Units_of_positions_and_times_do_not_matter()
    {
        // Velocities are positions over times: in micrometres and hours all is the same system.
        const float length = 1e6f;
        const double time = 1.0 / 3600;
        MechanicsTransformer scaled = Fit(Estimating(), [.. Train.Select(Rescaled)]);
        Swing row = Train[5].First(6, Train[5].Time[5] + 0.7, Train[5].Time[5] + 20);
        float[] expected = Forecast(Fitted.Value, row), found = Forecast(scaled, Rescaled(row));
        for (int i = 0; i < 4; i++)
        {
            double unit = i < 2 ? length : length / time;
            Assert.AreEqual(expected[i], found[i] / unit, 5e-3, $"{i}");
        }

        Assert.AreEqual(Fitted.Value.Model.Energy([0.5], [0.5]), scaled.Model.Energy([0.5 * length], [0.5 * length / time]) / Math.Pow(length / time, 2), 5e-3);

        static Swing Rescaled(Swing swing) => new()
        {
            Time = [.. swing.Time.Select(t => t * time)],
            Position = [.. swing.Position.Select(q => q * length)],
            Velocity = [.. swing.Velocity.Select(v => (float)(v * length / time))],
            Ahead = [.. swing.Ahead.Select(t => t * time)],
        };
    }

    [TestMethod]
    public void Friction_and_controls_are_learned_beside_the_energy()
    {
        var random = new Random(5);
        Swing[] rows = [.. Enumerable.Range(0, 10).Select(_ =>
        {
            double phase = Swing.Uniform(random, 0, 6);
            return Swing.Create((q, v, u) => -q - (0.3 * v) + u, Swing.Uniform(random, -1, 1), Swing.Uniform(random, -1, 1), Swing.Times(random, 16), t => Math.Sign(Math.Sin(t + phase)));
        })];
        MechanicsOptions options = Options();
        options.HasFriction = true;
        options.ControlColumnNames = [nameof(Swing.Torque)];
        MechanicsTransformer model = Fit(options, rows);

        // Controls are known ahead: without one, what moves comes to rest, and with a steady one it comes to rest elsewhere.
        float[] free = Forecast(model, new Swing { Time = [0], Position = [0.8f], Velocity = [0], Torque = [0], Ahead = [1, 6] });
        float[] pushed = Forecast(model, new Swing { Time = [0], Position = [0], Velocity = [0], Torque = [1], Ahead = [1, 6] });
        Assert.IsLessThan(0.45f, Math.Abs(free[1]) + Math.Abs(free[3]), "damped by a factor of e in 6.7");
        Assert.AreEqual(1 - Math.Cos(1), pushed[0], 0.12);
    }

    [TestMethod]
    public void One_series_is_enough_and_what_is_at_rest_stays_there()
    {
        MechanicsOptions options = Options();
        options.EstimatesStates = true;
        options.Training.MaximumEpochs = 200;
        Swing resting = Swing.Create((_, _, _) => 0, 3, 0, [0, 0.5, 1, 1.1, 8, 9]);
        float[] forecast = Forecast(Fit(options, [resting]), resting.First(6, 9, 9.5, 11));
        for (int m = 0; m < 3; m++)
        {
            Assert.AreEqual(3, forecast[m], 0.1);
            Assert.AreEqual(0, forecast[3 + m], 0.1);
        }
    }

    [TestMethod]
    public void Whole_turns_of_an_angle_are_no_motion()
    {
        // A wheel with nothing to stop it, observed between -π and π.
        Swing[] wheels = [.. Enumerable.Range(0, 8).Select(i => Swing.Create((_, _, _) => 0, i, 1 + (0.2 * i), [.. Enumerable.Range(0, 12).Select(k => k * 0.4)]))];
        foreach (Swing wheel in wheels)
        {
            wheel.Position = [.. wheel.Position.Select(value => (float)Math.IEEERemainder(value, 2 * Math.PI))];
        }

        MechanicsOptions options = Options();
        options.AngleColumnNames = [nameof(Swing.Position)];
        float[] forecast = Forecast(Fit(options, wheels), new Swing { Time = [0], Position = [3], Velocity = [1.5f], Ahead = [4] });
        Assert.AreEqual(9, forecast[0], 0.4);
        Assert.AreEqual(1.5, forecast[1], 0.15);
    }

    [TestMethod]
    public void Momenta_and_long_format_serve_as_well()
    {
        var ml = new MLContext(seed: 1);
        MechanicsOptions options = Options();
        options.MomentumColumnNames = options.VelocityColumnNames;
        options.VelocityColumnNames = [];
        foreach (MechanicsForm? form in (MechanicsForm?[])[null, MechanicsForm.SeparableHamiltonian, MechanicsForm.InertialHamiltonian])
        {
            options.Form = form;
            options.Training.MaximumEpochs = form is MechanicsForm.SeparableHamiltonian ? 60 : 10;
            MechanicsTransformer model = Fit(options, Train);
            Assert.AreEqual(form ?? MechanicsForm.Hamiltonian, model.Model.Form);
            if (form == MechanicsForm.SeparableHamiltonian)
            {
                Assert.AreEqual(0.8 * Math.Cos(1), Forecast(model, new Swing { Time = [0], Position = [0.8f], Velocity = [0], Ahead = [1] })[0], 0.08, $"{form}");
                Assert.AreEqual(0.3, model.Model.Energy([0.8], [0]) - model.Model.Energy([0.2], [0]), 0.05, $"{form}: the unit of momentum times velocity");
            }
        }

        Observation[] observations = [.. Train.SelectMany((swing, s) => swing.Time.Select((time, i) => new Observation { Name = $"{s}", Time = time, Position = swing.Position[i], Velocity = swing.Velocity[i] }))];
        IDataView data = ml.Data.LoadFromEnumerable(observations);
        options = Options();
        (options.ForecastTimeColumnName, options.Horizon, options.Training.MaximumEpochs) = (null, [0.5, 1], 1);
        var chain = ml.Transforms.GroupIntoSeries(nameof(Observation.Name), nameof(Observation.Time), [nameof(Observation.Position), nameof(Observation.Velocity)]).Append(ml.Forecasting.ForecastByMechanics(options));
        IDataView scored = chain.Fit(data).Transform(data);
        Assert.HasCount(Train.Length, scored.GetColumn<float>("Energy").ToArray());
        Assert.IsNotNull(ml.Forecasting.ForecastByMechanics("Forecast", nameof(Observation.Name), nameof(Observation.Time), [nameof(Observation.Position)], [nameof(Observation.Velocity)], horizon: [0.5, 1]));
        CollectionAssert.AreEqual(new[] { "Position+0.5", "Position+1", "Velocity+0.5", "Velocity+1" }, SlotNames(scored.Schema["Forecast"]));
    }

    private static string[] SlotNames(DataViewSchema.Column column)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    internal static MechanicsOptions Options() => new()
    {
        TimeColumnName = nameof(Swing.Time),
        PositionColumnNames = [nameof(Swing.Position)],
        VelocityColumnNames = [nameof(Swing.Velocity)],
        ForecastTimeColumnName = nameof(Swing.Ahead),
        EnergyHistoryColumnName = "Energies",
        HiddenWidth = 8,
        HiddenLayers = 1,
        WindowLength = 4,
        Form = MechanicsForm.Newtonian,
        EstimatesStates = false,
        Training = new TrainingOptions { MaximumEpochs = 60, BatchSize = 128, LearningRate = 0.05, Seed = 1 },
    };

    private static MechanicsOptions Estimating()
    {
        MechanicsOptions options = Options();
        options.EstimatesStates = true;
        options.Training.MaximumEpochs = 120;
        return options;
    }

    internal static MechanicsTransformer Fit(MechanicsOptions options, Swing[] rows)
    {
        var ml = new MLContext(seed: 1);
        return ml.Forecasting.ForecastByMechanics(options).Fit(ml.Data.LoadFromEnumerable(rows));
    }

    private static float[] Forecast(MechanicsTransformer model, Swing row) => Forecasts(model, [row])[0];

    private static float[][] Forecasts(MechanicsTransformer model, Swing[] rows) => [.. model.Transform(new MLContext(seed: 1).Data.LoadFromEnumerable(rows)).GetColumn<float[]>("Forecast")];

    private sealed class Observation
    {
        public string Name { get; set; } = string.Empty;

        public double Time { get; set; }

        public float Position { get; set; }

        public float Velocity { get; set; }
    }
}
