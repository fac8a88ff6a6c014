using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.Field;

/// <summary>Fields of known equations, from few random waves, by spectral derivatives and small steps.</summary>
internal static class Simulation
{
    public const int Points = 32;

    public const double Length = 1;

    public static FieldGrid Grid { get; } = new(GridAxis.Periodic(Points, Length));

    /// <summary>Series of an equation.</summary>
    /// <param name="runs">Series.</param>
    /// <param name="times">Times of each.</param>
    /// <param name="seed">Seed of the starts.</param>
    /// <param name="terms">The equation.</param>
    public static FieldRow[] Create(int runs, double[] times, int seed, params FieldTerm[] terms)
    {
        using DisposeScope scope = NewDisposeScope();
        var random = new Random(seed);
        double[] positions = [.. Grid.Axes[0].Positions];
        double[] starts = [.. Enumerable.Range(0, runs).SelectMany(_ => Start(positions, random))];
        var dynamics = new FieldDynamics(Grid, DerivativeScheme.Spectral, terms);
        using OdeSolution solution = OdeSolver.Solve(dynamics, tensor(starts).view(runs, 1, Points), times, new OdeOptions { StepControl = new PiStepControl { RelativeTolerance = 1e-9, AbsoluteTolerance = 1e-9 } });
        double[] values = [.. solution.States.data<double>()];
        return
        [
            .. from time in Enumerable.Range(0, times.Length)
               from run in Enumerable.Range(0, runs)
               select new FieldRow { Run = $"run {run}", Time = times[time], Field = [.. values.AsSpan(((time * runs) + run) * Points, Points).ToArray().Select(value => (float)value)] },
        ];
    }

    private static double[] Start(double[] positions, Random random)
    {
        (double Size, double Phase)[] waves = [.. Enumerable.Range(1, 3).Select(wave => ((random.NextDouble() - 0.5) * 2 / wave, random.NextDouble()))];
        return [.. positions.Select(x => 0.3 + waves.Select((wave, i) => wave.Size * Math.Sin(2 * Math.PI * (((i + 1) * x / Length) + wave.Phase))).Sum())];
    }
}
