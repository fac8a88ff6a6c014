using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Ode.Mechanics;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation;

/// <summary>Mechanical systems, as forecasters and as layers.</summary>
[TestClass]
public sealed class MechanicsExamples
{
    private sealed class Reading
    {
        public string Swing { get; set; } = "";

        public float Time { get; set; }

        public float Angle { get; set; }

        public float Velocity { get; set; }
    }

    private sealed class Outlook
    {
        public string Swing { get; set; } = "";

        public float[] Forecast { get; set; } = [];

        public float Energy { get; set; }
    }

    private sealed class Pendulum() : nn.Module<Tensor, Tensor>("pendulum")
    {
        public override Tensor forward(Tensor z) => (z.select(1, 1).pow(2) / 2) - z.select(1, 0).cos();
    }

    private sealed class Rod() : nn.Module<Tensor, Tensor>("rod")
    {
        public override Tensor forward(Tensor q) => q.pow(2).sum(1, keepdim: true) - 1;
    }

    private sealed class Height() : nn.Module<Tensor, Tensor>("height")
    {
        public override Tensor forward(Tensor q) => q.select(1, 1);
    }

    // Small swings of a pendulum: angle a cos(t + b).
    private static Reading[] Readings() =>
    [
        .. Enumerable.Range(0, 8).SelectMany(swing => Enumerable.Range(0, 12).Select(i =>
        {
            (double amplitude, double phase) = (0.1 + (0.02 * swing), swing + (0.4 * i));
            return new Reading { Swing = $"swing {swing}", Time = 0.4f * i, Angle = (float)(amplitude * Math.Cos(phase)), Velocity = (float)(-amplitude * Math.Sin(phase)) };
        })),
    ];

    [TestMethod]
    public void Swings_are_forecast_with_their_energy()
    {
        var ml = new MLContext(seed: 1);
        Reading[] readings = Readings();
        IDataView observations = ml.Data.LoadFromEnumerable(readings);

        var options = new MechanicsOptions
        {
            PositionColumnNames = ["Angle"],
            VelocityColumnNames = ["Velocity"],
            AngleColumnNames = ["Angle"],
            HasFriction = true,
            Horizon = [0.5, 1, 2],
        };
        var damped = ml.Forecasting.ForecastByMechanics(options);
        options.Training.MaximumEpochs = 1;

        var pipeline = ml.Transforms.GroupIntoSeries("Swing", "Time", ["Angle", "Velocity"])
            .Append(damped);
        TransformerChain<MechanicsTransformer> model = pipeline.Fit(observations);

        foreach (Outlook outlook in ml.Data.CreateEnumerable<Outlook>(model.Transform(observations), reuseRowObject: false))
        {
            Console.WriteLine($"{outlook.Swing}: angle {outlook.Forecast[0]:F2} in half a second, energy {outlook.Energy:F3}");
        }

        double energy = model.LastTransformer.Model.Energy(positions: [0.1], rates: [0]);
        Assert.IsTrue(double.IsFinite(energy));

        var swings = ml.Forecasting.ForecastByMechanics("Forecast", "Time", positionColumnNames: ["Angle"], velocityColumnNames: ["Velocity"], horizon: [0.5, 1, 2]);
        var bySeries = ml.Forecasting.ForecastByMechanics("Forecast", seriesColumnName: "Swing", "Time", ["Angle"], ["Velocity"], horizon: [0.5, 1, 2]);
        Assert.IsNotNull(swings);
        Assert.IsNotNull(bySeries);
    }

    [TestMethod]
    public void A_learned_energy_is_a_layer()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor start = torch.tensor(new[,] { { 0.5f, 0 }, { 1, 0 } }), times = torch.tensor(new[] { 0.0, 0.5, 1 }), observed = torch.zeros(3, 2, 2);

        var energy = new PerceptronEnergy(dimension: 2, hiddenWidths: [32], generator);
        var layer = new NeuralOde(new HamiltonianDynamics(energy));
        Tensor states = layer.forward(start, times);                // [times, rows, 2]: q and p
        ImplicitBackward.Run(() => (states - observed).pow(2).mean().backward());
        Assert.IsTrue(layer.parameters().Any(parameter => parameter.grad is not null));

        var exact = new NeuralOde(new HamiltonianDynamics(new ModuleEnergy(new Pendulum())));
        Assert.AreEqual(3, exact.forward(start, times).shape[0]);

        var separable = new SeparableEnergy(kinetic: new PerceptronEnergy(2, [32], generator), potential: new PerceptronEnergy(2, [32], generator));
        var symplectic = new OdeOptions { Method = OdeMethods.Leapfrog, StepControl = new FixedStepControl(0.1) };
        var orbits = new NeuralOde(new HamiltonianDynamics(separable), symplectic);
        Assert.AreEqual(4, orbits.forward(torch.ones(2, 4), times).shape[2]);

        var inertial = new InertialEnergy(new PositiveDefiniteMatrix(2, generator), new PerceptronEnergy(2, [32], generator));
        Assert.AreEqual(5, inertial.forward(torch.ones(5, 4)).shape[0]);

        var controlled = new HamiltonianDynamics(energy, control: new ControlMatrix(positions: 1, controls: 1, generator));
        Tensor forced = new NeuralOde(controlled).forward(torch.ones(5, 3), times);      // [times, 5, 3]: q, p and the control, which is held
        Assert.AreEqual(3, forced.shape[2]);

        var mass = new PositiveDefiniteMatrix(dimension: 2, generator, hiddenWidths: [32]);
        Tensor matrices = mass.forward(torch.zeros(5, 2));              // [5, 2, 2]
        Assert.AreEqual(2, matrices.shape[2]);
    }

    [TestMethod]
    public void Angles_of_linked_bodies_have_a_mass_matrix_and_weights_hang_on_rods()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor times = torch.tensor(new[] { 0.0, 0.5, 1 });

        var mass = new PositiveDefiniteMatrix(dimension: 2, generator, hiddenWidths: [32]);
        var arm = new LagrangianDynamics(mass, potential: new PerceptronEnergy(2, [32], generator, angles: [0, 1]));
        Tensor motion = new NeuralOde(arm).forward(torch.zeros(5, 4), times);      // [times, 5, 4]: angles and their velocities
        Tensor energies = arm.Energy(motion);                                      // [times, 5], the same at all times
        Assert.IsLessThan(1e-3f, (energies - energies[0]).abs().max().item<float>());

        var weight = new LagrangianDynamics(new PositiveDefiniteMatrix(2, generator), new ModuleEnergy(new Height()));

        var onRod = new ConstrainedDynamics(weight, new Rod());
        var swing = new NeuralOde(onRod, new OdeOptions { Method = new ConstraintProjection(onRod), StepControl = new FixedStepControl(0.05) });

        Tensor path = swing.forward(torch.tensor(new[,] { { 1f, 0, 0, 0 } }), times);
        Assert.AreEqual(1, path[2, 0, ..2].norm().item<float>(), 1e-5f);
    }
}
