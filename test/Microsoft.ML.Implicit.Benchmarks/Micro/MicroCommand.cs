using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Microsoft.ML.Implicit.Benchmarks.Micro;

/// <summary><c>micro</c>: times the solvers' hot paths with BenchmarkDotNet.</summary>
internal static class MicroCommand
{
    public static System.CommandLine.Command Create()
    {
        var filter = new Option<string>("--filter") { Description = "which benchmarks, such as *Anderson*", DefaultValueFactory = _ => "*" };
        var command = new System.CommandLine.Command("micro", "Times the solvers' hot paths.") { filter };
        command.SetAction(result => Run(result.GetRequiredValue(filter)));
        return command;
    }

    // In this process, since a project that BenchmarkDotNet writes would lack the native backend that the build chooses.
    private static void Run(string filter) =>
        BenchmarkSwitcher.FromTypes([typeof(FixedPointBenchmarks)])
            .Run(["--filter", filter], DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance)));
}
