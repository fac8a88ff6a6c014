using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Ode.Mechanics;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Physics;

/// <summary>A model that rolls out states.</summary>
/// <param name="Name">Name in tables.</param>
/// <param name="Train">Trains it; what comes back maps starts [rows, width] and a number of times to states [times, rows, width].</param>
internal sealed record PhysicsModel(string Name, Func<PhysicalSystem, PhysicsData, PhysicsSetup, Func<Tensor, int, Tensor>> Train)
{
    public static PhysicsModel[] All { get; } =
    [
        new("Hamiltonian field", (system, data, setup) => Field(system, data, setup, isHamiltonian: true)),
        new("free field", (system, data, setup) => Field(system, data, setup, isHamiltonian: false)),
        new("ForecastByMechanics", Mechanics),
        new("ForecastByLatentOde", LatentOde),
    ];

    private static Func<Tensor, int, Tensor> Field(PhysicalSystem system, PhysicsData data, PhysicsSetup setup, bool isHamiltonian)
    {
        using var generator = new Generator((ulong)setup.Seed);
        Device device = torch.device(setup.Device);
        int width = system.Variables.Length;
        nn.Module<Tensor, Tensor, Tensor> field = isHamiltonian
            ? new HamiltonianDynamics(new PerceptronEnergy(width, [200, 200], generator, DynamicsActivation.Tanh))
            : new MlpDynamics(width, [200, 200], generator);
        field.to(device);
        Tensor states = data.States.reshape(-1, width).to(ScalarType.Float32, device), slopes = data.Derivatives.reshape(-1, width).to(ScalarType.Float32, device), time = zeros([], device: device);
        bool isLarge = states.shape[0] > 10_000;
        using var optimizer = optim.Adam(field.parameters(), 1e-3, weight_decay: 1e-4);
        for (int step = 0; step < (isLarge ? 10_000 : 2_000); step++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor rows = isLarge ? randint(0, states.shape[0], 200, ScalarType.Int64, generator: generator).to(states.device) : arange(states.shape[0], device: states.device);
            optimizer.zero_grad();
            (field.forward(time, states.index_select(0, rows)) - slopes.index_select(0, rows)).pow(2).mean().backward();
            optimizer.step();
        }

        field.to(CPU).to(ScalarType.Float64);
        var layer = new Layers.Ode.NeuralOde(field, new OdeOptions { Method = OdeMethods.RungeKutta4, StepControl = new FixedStepControl(system.Gap / 4), MaximumSteps = int.MaxValue });
        return (starts, times) =>
        {
            using IDisposable noGraph = no_grad();
            return layer.forward(starts, arange(times, dtype: ScalarType.Float64) * system.Gap);
        };
    }

    /// <summary>The forecaster of a system.</summary>
    public static MechanicsForecaster Forecaster(MLContext ml, PhysicalSystem system, PhysicsSetup setup)
    {
        bool hasVelocities = system.Name == "double pendulum";
        var options = new MechanicsOptions
        {
            PositionColumnNames = system.Variables[..system.Positions],
            AngleColumnNames = system.Name.EndsWith("pendulum", StringComparison.Ordinal) ? system.Variables[..system.Positions] : [],
            VelocityColumnNames = hasVelocities ? system.Variables[system.Positions..] : [],
            MomentumColumnNames = hasVelocities ? [] : system.Variables[system.Positions..],
            Form = hasVelocities ? MechanicsForm.Lagrangian : MechanicsForm.SeparableHamiltonian,
            ForecastTimeColumnName = nameof(PhysicsRow.ForecastTime),
            EnergyColumnName = null,
            CoordinatesPerBody = system.Name == "two bodies" ? 2 : null,

            // Without noise the first state of a window is exact.
            EstimatesStates = system.Noise > 0,
        };
        options.Training.Device = setup.Device;
        foreach (string setting in setup.Settings)
        {
            Setting.Apply(options, setting);
        }

        return ml.Forecasting.ForecastByMechanics(options);
    }

    /// <summary>Forecasts, a row each.</summary>
    public static float[][] ReadForecasts(IDataView scored) => [.. scored.GetColumn<float[]>("Forecast")];

    private static Func<Tensor, int, Tensor> Mechanics(PhysicalSystem system, PhysicsData data, PhysicsSetup setup)
    {
        var ml = new MLContext(setup.Seed);
        return Forecasts(ml, Forecaster(ml, system, setup), system, data);
    }

    private static Func<Tensor, int, Tensor> LatentOde(PhysicalSystem system, PhysicsData data, PhysicsSetup setup)
    {
        var ml = new MLContext(setup.Seed);
        var options = new LatentOdeOptions
        {
            InputColumnNames = system.Variables,
            ForecastTimeColumnName = nameof(PhysicsRow.ForecastTime),
            MaximumHorizon = (system.Observations - 1) * system.Gap,
        };
        options.Training.Device = setup.Device;
        return Forecasts(ml, ml.Forecasting.ForecastByLatentOde(options), system, data);
    }

    private static Func<Tensor, int, Tensor> Forecasts<TTransformer>(MLContext ml, IEstimator<TTransformer> forecaster, PhysicalSystem system, PhysicsData data)
        where TTransformer : class, ITransformer
    {
        ITransformer model = forecaster.Fit(PhysicsRow.View(ml, system, data.States, []));
        return (starts, times) =>
        {
            double[] ahead = [.. Enumerable.Range(0, times).Select(i => i * system.Gap)];
            float[][] found = ReadForecasts(model.Transform(PhysicsRow.View(ml, system, starts.unsqueeze(0), ahead)));
            return tensor(found.SelectMany(row => row.Select(value => (double)value)).ToArray(), [found.Length, system.Variables.Length, times]).permute(2, 0, 1).contiguous();
        };
    }
}
