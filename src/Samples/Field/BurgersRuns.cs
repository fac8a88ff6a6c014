using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;

namespace Microsoft.ML.Implicit.Samples.Field;

/// <summary>Solutions of the equation of Burgers from random waves.</summary>
internal static class BurgersRuns
{
    public const int Points = 64;
    public const double Viscosity = 0.02;

    private const int Waves = 5;

    public static FieldGrid Grid { get; } = new(GridAxis.Periodic(Points, length: 1));

    /// <summary>Runs with a snapshot at each time.</summary>
    public static Snapshot[] Create(int runs, double[] times, Random random)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        double[] starts = [.. Enumerable.Range(0, runs).SelectMany(_ => Start(random))];
        var equation = new FieldDynamics(Grid, DerivativeScheme.Spectral, new Convection(), new Diffusion(Viscosity));
        var options = new OdeOptions { StepControl = new PiStepControl { RelativeTolerance = 1e-8, AbsoluteTolerance = 1e-8 } };
        using OdeSolution solution = OdeSolver.Solve(equation, torch.tensor(starts).view(runs, 1, Points), times, options);
        double[] values = [.. solution.States.data<double>()];
        return
        [
            .. from run in Enumerable.Range(0, runs)
               from time in Enumerable.Range(0, times.Length)
               select new Snapshot { Run = $"run {run}", Time = times[time], Field = [.. values.Skip(((time * runs) + run) * Points).Take(Points).Select(value => (float)value)] },
        ];
    }

    private static double[] Start(Random random)
    {
        (double Size, double Phase)[] waves = [.. Enumerable.Range(1, Waves).Select(wave => ((2 * random.NextDouble() - 1) / wave, random.NextDouble()))];
        return [.. Grid.Axes[0].Positions.Select(x => waves.Select((wave, i) => wave.Size * Math.Sin(2 * Math.PI * ((i + 1) * x + wave.Phase))).Sum())];
    }
}
