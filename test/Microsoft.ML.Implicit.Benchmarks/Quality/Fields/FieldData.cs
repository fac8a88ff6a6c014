using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Fields;

/// <summary>Runs of an equation, by spectral derivatives and steps with errors of 1e-8.</summary>
internal sealed class FieldData
{
    private readonly FieldKind _kind;
    private readonly float[][][] _fields;

    private FieldData(FieldKind kind, float[][][] fields) => (_kind, _fields) = (kind, fields);

    public int Count => _fields.Length;

    /// <summary>Draws runs and solves for them.</summary>
    /// <param name="kind">The equation.</param>
    /// <param name="runs">How many.</param>
    /// <param name="noise">Standard deviation of what is added to each value, in that of all values.</param>
    /// <param name="seed">Seed of starts and noise.</param>
    public static FieldData Create(FieldKind kind, int runs, double noise, int seed)
    {
        var random = new Random(seed);
        var equation = new FieldDynamics(kind.Grid, DerivativeScheme.Spectral, kind.Terms());
        var options = new OdeOptions { StepControl = new PiStepControl { RelativeTolerance = 1e-8, AbsoluteTolerance = 1e-8 }, MaximumSteps = 100_000 };
        double[] times = kind.Before > 0 ? [-kind.Before, .. kind.Times] : kind.Times;
        var fields = new List<float[][]>();
        foreach (int[] chunk in Enumerable.Range(0, runs).Chunk(250))
        {
            using DisposeScope scope = torch.NewDisposeScope();
            double[] starts = [.. chunk.SelectMany(_ => kind.Start(random))];
            torch.Tensor start = torch.tensor(starts).view([chunk.Length, 1, .. kind.Grid.Axes.Select(axis => (long)axis.Points)]);
            using OdeSolution solution = OdeSolver.Solve(equation, start, times, options);
            float[] values = [.. solution.States.narrow(0, times.Length - kind.Times.Length, kind.Times.Length).to(torch.ScalarType.Float32).transpose(0, 1).contiguous().data<float>()];
            fields.AddRange(values.Chunk(kind.Grid.PointCount).Chunk(kind.Times.Length));
        }

        float[] all = [.. fields.SelectMany(run => run.SelectMany(field => field))];
        double mean = all.Average(value => (double)value), size = noise * Math.Sqrt(all.Average(value => (value - mean) * (value - mean)));
        return new FieldData(kind, noise == 0 ? [.. fields] : [.. fields.Select(run => run.Select(field => field.Select(value => (float)(value + (size * random.NextNormal()))).ToArray()).ToArray())]);
    }

    /// <summary>Fields of all runs at a time, one after another.</summary>
    public float[] At(int time) => [.. _fields.SelectMany(run => run[time])];

    /// <summary>One row a run and time.</summary>
    public IDataView Rows(MLContext ml)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Field)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, _kind.Grid.PointCount);
        return ml.Data.LoadFromEnumerable(_fields.SelectMany((run, number) => run.Select((field, time) => new Row { Run = number, Time = _kind.Times[time], Field = field })), schema);
    }

    /// <summary>Mean over the runs of the size of the error in proportion to that of the field.</summary>
    public double RelativeError(int time, float[] forecasts) => _fields.Zip(forecasts.Chunk(_kind.Grid.PointCount), (run, forecast) =>
        Math.Sqrt(run[time].Zip(forecast, (left, right) => (left - right) * (double)(left - right)).Sum() / run[time].Sum(value => value * (double)value))).Average();

    public sealed class Row
    {
        public float Run { get; set; }

        public double Time { get; set; }

        public float[] Field { get; set; } = [];
    }
}
