using System.CommandLine;
using System.Globalization;
using Microsoft.ML.Implicit.Native;
using TorchSharp;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary><c>compare</c>: prints a tab-separated row for each case.</summary>
internal static class CompareCommand
{
    public static System.CommandLine.Command Create()
    {
        var device = new Option<string>("--device") { Description = "cpu, cuda or cuda:1", DefaultValueFactory = _ => "cpu" };
        var name = new Option<string?>("--case") { Description = "runs this case alone" };
        var threads = new Option<int>("--threads") { Description = "CPU threads", DefaultValueFactory = _ => 2 };
        var command = new System.CommandLine.Command("compare", "Times the cases that the public Python implementations are timed on.") { device, name, threads };
        command.SetAction(result => Run(result.GetRequiredValue(device), result.GetValue(name), result.GetRequiredValue(threads)));
        return command;
    }

    private static int Run(string deviceName, string? name, int threads)
    {
        torch.Device device = NativeBackend.ResolveDevice(deviceName);
        torch.set_num_threads(threads);
        IComparisonCase[] cases = [.. Cases().Where(c => name is null || c.Name == name)];
        if (cases.Length == 0)
        {
            Console.Error.WriteLine($"No case is named '{name}'. There are: {string.Join(", ", Cases().Select(c => c.Name))}.");
            return 1;
        }

        Console.WriteLine("case\tdevice\tmilliseconds\tevaluations\tresidual");
        foreach (IComparisonCase c in cases.Where(c => device.type != DeviceType.CPU || c.RunsOnCpu || name is not null))
        {
            ComparisonResult r = c.Run(device);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{c.Name}\t{deviceName}\t{r.Milliseconds:F3}\t{r.Evaluations:F1}\t{r.Residual:E2}"));
        }

        return 0;
    }

    private static IEnumerable<IComparisonCase> Cases() =>
    [
        new OdeCase(64, 8, 32),
        new OdeCase(64, 8, 0),
        new OdeCase(1, 8, 32),
        new OdeCase(4096, 16, 128),
        new OdeCase(4096, 16, 0),
        new SdeCase(1),
        new SdeCase(64),
        new BrownianCase(1),
        new BrownianCase(64),
        new DeepEquilibriumCase(256, 128),
        new DeepEquilibriumCase(4096, 512),
        new NormalizingFlowCase(512, 2, 64),
        new NormalizingFlowCase(10_000, 8, 64),
        .. QuadraticCase.All(),
        .. ConeCase.All(),
        .. ControlCase.All(),
        .. ProgramCase.All(),
        .. SparseLassoCase.All(),
        .. ExponentialCase.All(),
        new CurveCase(1024),
        new EngineCase(),
        new ClassifierScoringCase(1),
        new ClassifierScoringCase(10_000),
        new FlowScoringCase(1),
        new FlowScoringCase(100_000),
        new ImageScoringCase(1),
        new ImageScoringCase(500),
        new ForecastScoringCase(1),
        new ForecastScoringCase(1000),
    ];
}
