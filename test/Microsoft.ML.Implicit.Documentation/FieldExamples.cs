using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation;

/// <summary>The code of docs/fields.md.</summary>
[TestClass]
public sealed class FieldExamples
{
    private readonly DisposeScope _scope = NewDisposeScope();

    /// <summary>A field at a time.</summary>
    private sealed class Snapshot
    {
        public string Run { get; set; } = string.Empty;

        public double Time { get; set; }

        [VectorType(32)]
        public float[] Field { get; set; } = [];
    }

    /// <summary>Two substances that turn into each other.</summary>
    private sealed class Exchange() : FieldTerm("exchange")
    {
        public override int HighestDerivative => 0;

        public override Tensor forward(FieldState state) => state.Value.flip(1) - state.Value;
    }

    [TestCleanup]
    public void CloseScope() => _scope.Dispose();

    [TestMethod]
    public void A_field_is_forecast()
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadFromEnumerable(Runs());

        var grid = new FieldGrid(GridAxis.Periodic(points: 32, length: 1));
        var options = new FieldOptions
        {
            Grid = grid,
            Horizon = [0.5, 1],
            SeriesColumnName = "Run",
            Terms = [new PhysicalTerm(PhysicalTermKind.Convection, 1), new PhysicalTerm(PhysicalTermKind.Diffusion)],
            LearnsClosure = false,
        };
        options.Training.MaximumEpochs = 3;

        FieldTransformer model = ml.Forecasting.ForecastField(options).Fit(rows);
        IDataView forecasts = model.Transform(rows);                // "Forecast", for each row 2 x 32 values
        Console.WriteLine(model.Model.Terms[1]);                    // Diffusion, with the viscosity that was found

        Assert.AreEqual(0.05, model.Model.Terms[1].Coefficients[0], 0.0005);
        Assert.HasCount(64, forecasts.GetColumn<float[]>("Forecast").First());

        var forecaster = ml.Forecasting.ForecastField(
            outputColumnName: "Forecast", inputColumnName: "Field", timeColumnName: "Time", grid, horizon: [0.5, 1], seriesColumnName: "Run",
            terms: [new PhysicalTerm(PhysicalTermKind.Diffusion)]);

        Assert.IsFalse(forecaster.Info.WantCaching);
    }

    [TestMethod]
    public void Grids_have_boundaries()
    {
        GridAxis around = GridAxis.Periodic(points: 64, length: 360);
        GridAxis rod = GridAxis.Bounded(50, length: 2, BoundaryCondition.Dirichlet(20), BoundaryCondition.Neumann(0));
        var plate = new FieldGrid(rod, around);

        Assert.AreEqual(3200, plate.PointCount);
        Assert.AreEqual(0.02, rod.Positions[0], 1e-12);
    }

    [TestMethod]
    public void Fields_are_dynamics_of_layers()
    {
        using var generator = new Generator(1);
        Tensor start = rand(2, 1, 64, generator: generator), times = tensor(new[] { 0.0, 0.1 });

        var grid = new FieldGrid(GridAxis.Periodic(points: 64, length: 1));
        var heat = new FieldDynamics(grid, DerivativeScheme.FourthOrder, new Diffusion(0.1));
        var layer = new NeuralOde(heat, new OdeOptions { Method = OdeMethods.Kvaerno5 });
        Tensor states = layer.forward(start, times);                // start [batch, 1, 64]

        Assert.AreEqual(start.mean().item<float>(), states[1].mean().item<float>(), 1e-4f);

        var moving = new FieldDynamics(grid, DerivativeScheme.Spectral, new Advection([0.5]), new Diffusion(0.1));
        var burgers = new FieldDynamics(grid, DerivativeScheme.FourthOrder, new Convection(), new Diffusion(0.1, isLearned: true));

        // Growth at the rate r up to 1, which spreads: the equation of Fisher, Kolmogorov, Petrovsky and Piskunov with r = 2.
        var spreading = new FieldDynamics(grid, DerivativeScheme.SecondOrder, new Reaction([0, 2, -2]), new Diffusion(0.1));

        var closure = new LocalClosure(components: 1, axes: 1, highestDerivative: 2, hiddenWidth: 16, generator);
        var learned = new FieldDynamics(grid, DerivativeScheme.FourthOrder, new Diffusion(0.1), closure);

        Assert.IsTrue(learned.Evaluate(0, start).allclose(heat.Evaluate(0, start)), "what is learned is zero at first");
        Assert.IsTrue(new[] { moving, burgers, spreading }.All(dynamics => dynamics.Evaluate(0, start).isfinite().all().item<bool>()));

        var exchange = new FieldDynamics(grid, DerivativeScheme.SecondOrder, new Exchange(), new Diffusion(0.1));
        Assert.AreEqual(0, exchange.Evaluate(0, rand(1, 2, 64)).sum().item<float>(), 0.5f);
    }

    [TestMethod]
    public void Sparse_operators_are_factorised()
    {
        Tensor matrices = eye(3, dtype: ScalarType.Float64).unsqueeze(0) * 2, b = ones(1, 3, ScalarType.Float64);
        var pattern = new SparsityPattern([[0, 1], [0, 1, 2], [1, 2]]);
        using IFactorization sparse = new SparseSolver().Prepare(new DenseOperator(matrices, sparsity: pattern));
        Tensor z = sparse.Solve(b).Solution;

        Assert.IsTrue(z.allclose(b / 2));
    }

    private static Snapshot[] Runs()
    {
        double[] times = [0, 0.05, 0.1, 0.15, 0.2, 0.25];
        GridAxis axis = GridAxis.Periodic(32, 1);
        var burgers = new FieldDynamics(new FieldGrid(axis), DerivativeScheme.Spectral, new Convection(), new Diffusion(0.05));
        double[] starts = [.. new[] { 0, 0.3 }.SelectMany(phase => axis.Positions.Select(x => Math.Sin(2 * Math.PI * (x + phase)) + (phase * Math.Cos(4 * Math.PI * x))))];
        using OdeSolution solution = OdeSolver.Solve(burgers, tensor(starts).view(2, 1, 32), times);
        double[] values = [.. solution.States.data<double>()];
        return
        [
            .. from time in Enumerable.Range(0, times.Length)
               from run in Enumerable.Range(0, 2)
               select new Snapshot { Run = $"{run}", Time = times[time], Field = [.. values.Skip(32 * ((2 * time) + run)).Take(32).Select(value => (float)value)] },
        ];
    }
}
