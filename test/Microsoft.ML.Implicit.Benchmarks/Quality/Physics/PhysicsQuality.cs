using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Physics;

/// <summary>
/// Rollouts of systems whose energy is known, from the true states of trajectories that were not trained on, as long as the training trajectories and ten times as long: mean squared errors of the state and of the energy.
/// Fields are trained on derivatives as Greydanus et al. do (a network of two layers of 200, Adam, 2,000 steps, 10,000 for two bodies), Hamiltonian and free; forecasters on the observed series alone.
/// </summary>
internal static class PhysicsQuality
{
    private const int TestSeries = 25;
    private const int Longer = 10;

    public static void Run(IReadOnlyCollection<string> names, int seeds, string device)
    {
        NativeBackend.EnsureLoaded();
        Console.WriteLine("system\tmodel\tstate error\tenergy error\tstate error, 10 times as long\tenergy error, 10 times as long\tseconds to train");
        foreach (PhysicalSystem system in PhysicalSystem.All)
        {
            foreach (PhysicsModel model in PhysicsModel.All.Where(m => names.Count == 0 || names.Contains(system.Name) || names.Contains($"{system.Name}/{m.Name}")))
            {
                double[] totals = new double[5];
                for (int seed = 1; seed <= seeds; seed++)
                {
                    using DisposeScope scope = NewDisposeScope();
                    var random = new Random(seed);
                    PhysicsData data = PhysicsData.Draw(system, random);
                    Tensor starts = system.Starts(random, TestSeries);
                    Tensor truth = system.Solve(starts, ((system.Observations - 1) * Longer) + 1, system.Gap);
                    long begin = Stopwatch.GetTimestamp();
                    Func<Tensor, int, Tensor> forecast = model.Train(system, data, seed, device);
                    totals[4] += Stopwatch.GetElapsedTime(begin).TotalSeconds;
                    Tensor found = forecast(starts, (int)truth.shape[0]);
                    (totals[0], totals[1]) = (totals[0] + Error(found[..system.Observations], truth[..system.Observations]), totals[1] + EnergyError(system, found[..system.Observations], truth));
                    (totals[2], totals[3]) = (totals[2] + Error(found, truth), totals[3] + EnergyError(system, found, truth));
                }

                Console.WriteLine($"{system.Name}\t{model.Name}\t" + string.Join('\t', totals.Select((total, i) => (total / seeds).ToString(i == 4 ? "F0" : "E2", CultureInfo.InvariantCulture))));
            }
        }
    }

    private static double Error(Tensor found, Tensor truth) => (found - truth).pow(2).mean().item<double>();

    private static double EnergyError(PhysicalSystem system, Tensor found, Tensor truth) =>
        (system.Energy(found.reshape(-1, found.shape[2])).view(found.shape[0], -1) - system.Energy(truth[0])).pow(2).mean().item<double>();
}
