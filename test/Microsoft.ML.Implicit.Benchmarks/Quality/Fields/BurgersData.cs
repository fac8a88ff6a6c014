using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Fields;

/// <summary>
/// Solutions of the equation of Burgers with viscosity 0.1 on a periodic line of length 1 from Gaussian random fields N(0, 625 (−Δ + 25)⁻²), as in Li et al., "Fourier neural operator for parametric
/// partial differential equations", 2021, by spectral derivatives and steps with errors of 1e-8.
/// </summary>
internal sealed class BurgersData
{
    public const int Points = 64;
    public const double Viscosity = 0.1;

    private const int Waves = 24;

    private readonly float[][][] _fields;

    private BurgersData(double[] times, float[][][] fields) => (Times, _fields) = (times, fields);

    public static FieldGrid Grid { get; } = new(GridAxis.Periodic(Points, length: 1));

    public double[] Times { get; }

    public int Count => _fields.Length;

    /// <summary>Draws runs and solves for them.</summary>
    public static BurgersData Create(int runs, double[] times, int seed)
    {
        var random = new Random(seed);
        var equation = new FieldDynamics(Grid, DerivativeScheme.Spectral, new Convection(), new Diffusion(Viscosity));
        var options = new OdeOptions { StepControl = new PiStepControl { RelativeTolerance = 1e-8, AbsoluteTolerance = 1e-8 }, MaximumSteps = 100_000 };
        var fields = new List<float[][]>();
        foreach (int[] chunk in Enumerable.Range(0, runs).Chunk(250))
        {
            using DisposeScope scope = torch.NewDisposeScope();
            double[] starts = [.. chunk.SelectMany(_ => Start(random))];
            using OdeSolution solution = OdeSolver.Solve(equation, torch.tensor(starts).view(chunk.Length, 1, Points), times, options);
            float[] values = [.. solution.States.to(torch.ScalarType.Float32).transpose(0, 1).contiguous().data<float>()];
            fields.AddRange(values.Chunk(Points).Chunk(times.Length));
        }

        return new BurgersData(times, [.. fields]);
    }

    /// <summary>The first runs.</summary>
    public BurgersData Take(int runs) => new(Times, _fields[..runs]);

    /// <summary>Fields of all runs at a time, one after another.</summary>
    public float[] At(int time) => [.. _fields.SelectMany(run => run[time])];

    /// <summary>One row a run and time.</summary>
    public IEnumerable<Row> Rows() => _fields.SelectMany((run, number) => run.Select((field, time) => new Row { Run = number, Time = Times[time], Field = field }));

    /// <summary>Mean over the runs of the size of the error in proportion to that of the field.</summary>
    public double RelativeError(int time, float[] forecasts) => _fields.Zip(forecasts.Chunk(Points), (run, forecast) =>
        Math.Sqrt(run[time].Zip(forecast, (left, right) => (left - right) * (left - right)).Sum() / run[time].Sum(value => value * value))).Average();

    // Sums of waves whose sizes are the roots of the covariance's eigenvalues.
    private static double[] Start(Random random)
    {
        double mean = Normal(random) * Deviation(0);
        (double Cosine, double Sine)[] waves = [.. Enumerable.Range(1, Waves).Select(k => (Math.Sqrt(2) * Deviation(k) * Normal(random), Math.Sqrt(2) * Deviation(k) * Normal(random)))];
        return [.. Grid.Axes[0].Positions.Select(x => mean + waves.Select((wave, i) => (wave.Cosine * Math.Cos(2 * Math.PI * (i + 1) * x)) + (wave.Sine * Math.Sin(2 * Math.PI * (i + 1) * x))).Sum())];
    }

    private static double Deviation(int k) => 25 / ((4 * Math.PI * Math.PI * k * k) + 25);

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    internal sealed class Row
    {
        public float Run { get; set; }

        public double Time { get; set; }

        [VectorType(Points)]
        public float[] Field { get; set; } = [];
    }
}
