using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Physics;

/// <summary>
/// <c>physics</c>: rollouts of systems whose energy is known, from the true states of trajectories that were not trained on, as long as the training trajectories and ten times as long: mean squared errors of the state and of the energy.
/// Fields are trained on derivatives as Greydanus et al. do (a network of two layers of 200, Adam, 2,000 steps, 10,000 for two bodies), Hamiltonian and free; forecasters on the observed series alone.
/// </summary>
internal static class PhysicsCommand
{
    private const int TestSeries = 25;
    private const int Longer = 10;

    public static System.CommandLine.Command Create()
    {
        var sets = new Option<string[]>("--set") { Description = "systems, such as spring, or one model of a system, such as spring/ForecastByMechanics; all without it", DefaultValueFactory = _ => [] };
        var seeds = new Option<int>("--seeds") { Description = "repetitions, a line each", DefaultValueFactory = _ => 1 };
        var first = new Option<int>("--first-seed") { Description = "seed of the first of them", DefaultValueFactory = _ => 1 };
        var device = new Option<string>("--device") { Description = "cpu or cuda", DefaultValueFactory = _ => "cpu" };
        var settings = new Option<string[]>("--option") { Description = "a setting of ForecastByMechanics, such as HiddenWidth=64", DefaultValueFactory = _ => [] };
        var command = new System.CommandLine.Command("physics", "Prints errors of rollouts of mechanical systems.") { sets, seeds, first, device, settings };
        command.SetAction(result =>
        {
            NativeBackend.EnsureLoaded();
            Console.WriteLine("system\tmodel\tseed\tstate error\tenergy error\tstate error, 10 times as long\tenergy error, 10 times as long\tseconds to train");
            string[] chosen = result.GetRequiredValue(sets);
            foreach (PhysicalSystem system in PhysicalSystem.All)
            {
                foreach (PhysicsModel model in PhysicsModel.All.Where(m => chosen.Length == 0 || chosen.Contains(system.Name) || chosen.Contains($"{system.Name}/{m.Name}")))
                {
                    foreach (int seed in Enumerable.Range(result.GetRequiredValue(first), result.GetRequiredValue(seeds)))
                    {
                        Run(system, model, new PhysicsSetup(seed, result.GetRequiredValue(device), result.GetRequiredValue(settings)));
                    }
                }
            }
        });
        return command;
    }

    private static void Run(PhysicalSystem system, PhysicsModel model, PhysicsSetup setup)
    {
        using DisposeScope scope = NewDisposeScope();
        var random = new Random(setup.Seed);
        PhysicsData data = PhysicsData.Draw(system, random);
        Tensor starts = system.Starts(random, TestSeries);
        Tensor truth = system.Solve(starts, ((system.Observations - 1) * Longer) + 1, system.Gap);
        long begin = Stopwatch.GetTimestamp();
        Func<Tensor, int, Tensor> forecast = model.Train(system, data, setup);
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        Tensor found = forecast(starts, (int)truth.shape[0]);
        double[] errors = [Error(found[..system.Observations], truth[..system.Observations]), EnergyError(system, found[..system.Observations], truth), Error(found, truth), EnergyError(system, found, truth)];
        Console.WriteLine($"{system.Name}\t{model.Name}\t{setup.Seed}\t" + string.Join('\t', errors.Select(error => error.ToString("E2", CultureInfo.InvariantCulture))) + string.Create(CultureInfo.InvariantCulture, $"\t{seconds:F0}"));
    }

    private static double Error(Tensor found, Tensor truth) => (found - truth).pow(2).mean().item<double>();

    private static double EnergyError(PhysicalSystem system, Tensor found, Tensor truth) =>
        (system.Energy(found.reshape(-1, found.shape[2])).view(found.shape[0], -1) - system.Energy(truth[0])).pow(2).mean().item<double>();
}
