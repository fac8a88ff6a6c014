using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Physics;

/// <summary>Energies over very long times: an orbit by 100,000 steps of leapfrog, and 1,000 periods of learned systems by their forecasters.</summary>
internal static class PhysicsDrift
{
    private const int Periods = 1000;

    public static void Run(IReadOnlyCollection<string> names, string device)
    {
        NativeBackend.EnsureLoaded();
        Console.WriteLine("run\tlargest relative error of the energy\trelative drift of its mean from the first to the last tenth");
        if (names.Count == 0 || names.Contains("orbit"))
        {
            Orbit();
        }

        foreach ((PhysicalSystem known, double period) in new[] { (PhysicalSystem.All[0], Math.PI), (PhysicalSystem.All[1], 2 * Math.PI / Math.Sqrt(6)) }.Where(pair => names.Count == 0 || names.Contains(pair.Item1.Name)))
        {
            // Forecasts reach 1,000 times as far as training series.
            PhysicalSystem system = known with { Observations = 2 * known.Observations };
            using DisposeScope scope = NewDisposeScope();
            var ml = new MLContext(seed: 1);
            using var model = (MechanicsTransformer)PhysicsModel.Forecaster(ml, system, new PhysicsSetup(Seed: 1, device, [])).Fit(PhysicsRow.View(ml, system, PhysicsData.Draw(system, new Random(1)).States, []));
            double[] ahead = [.. Enumerable.Range(0, Periods).Select(i => i * period)];
            IDataView scored = model.Transform(PhysicsRow.View(ml, system, tensor(new[] { 0.8, 0.0 }, [1, 1, 2]), ahead));
            float[] forecast = PhysicsModel.ReadForecasts(scored)[0];
            Print($"{system.Name}, {Periods} periods, learned energy", [.. ahead.Select((_, i) => model.Model.Energy([forecast[i]], [forecast[Periods + i]]))]);
        }
    }

    // Eccentricity 0.21, 447 steps each of 223 revolutions.
    private static void Orbit()
    {
        using DisposeScope scope = NewDisposeScope();
        const double size = 0.02;
        var term = new Kepler();
        double[] times = [.. Enumerable.Range(0, 2001).Select(i => 50 * i * size)];
        var options = new OdeOptions { Method = OdeMethods.Leapfrog, StepControl = new FixedStepControl(size * 1.0001), MaximumSteps = int.MaxValue };
        using OdeSolution solution = OdeSolver.Solve(term, tensor(new[] { 1.0, 0, 0, 1.1 }, [1, 4]), times, options);
        Tensor states = solution.States.view(-1, 4);
        Tensor energy = (states[.., 2..].pow(2).sum(1) / 2) - states[.., ..2].norm(1).reciprocal();
        Print("orbit, 100,000 steps of leapfrog", [.. energy.data<double>()]);
    }

    private static void Print(string run, double[] energies)
    {
        int tenth = energies.Length / 10;
        double largest = energies.Max(energy => Math.Abs((energy / energies[0]) - 1)), drift = Math.Abs(energies[^tenth..].Average() - energies[..tenth].Average()) / Math.Abs(energies[0]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run}\t{largest:E1}\t{drift:E1}"));
    }

    private sealed class Kepler : IOdeTerm
    {
        public Tensor Evaluate(double time, Tensor state)
        {
            Tensor q = state.narrow(1, 0, 2);
            return cat([state.narrow(1, 2, 2), (q / q.norm(1, true).pow(3)).neg()], 1);
        }
    }
}
