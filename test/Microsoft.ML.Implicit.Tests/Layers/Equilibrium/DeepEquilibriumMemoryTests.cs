using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Equilibrium;

[TestClass]
public class DeepEquilibriumMemoryTests
{
    private const string Reset = "/proc/self/clear_refs";
    private const int MmapThreshold = -3;
    private const int Default = 32 << 20;
    private const int Page = 1 << 16;

    [TestMethod]
    [DoNotParallelize]
    [DataRow(true)]
    [DataRow(false)]
    public void The_peak_does_not_grow_with_solver_iterations(bool ownedLoop)
    {
        if (!File.Exists(Reset))
        {
            Assert.Inconclusive("The peak of resident memory can be reset on Linux alone.");
        }

        // Freed blocks go back to the system at once, so that the peak is that of live memory and not of the heap's fragments.
        Assert.AreEqual(1, SetAllocatorOption(MmapThreshold, Page));
        double few;
        double many;
        try
        {
            Train(10, ownedLoop);
            few = Train(10, ownedLoop);
            many = Train(200, ownedLoop);
        }
        finally
        {
            _ = SetAllocatorOption(MmapThreshold, Default);
        }

        Assert.IsLessThan(1.05 * few, many, $"peak of {few / 1024:F0} MiB with 10 iterations, {many / 1024:F0} MiB with 200");
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SetAllocatorOption(int option, int value);

    /// <summary>Takes a training step and returns the peak of resident memory in KiB.</summary>
    private static double Train(int iterations, bool ownedLoop)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        File.WriteAllText(Reset, "5");
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor x = randn(256, 512, generator: generator);
        var solver = new AndersonSolver(new AndersonSettings { RelativeTolerance = 0, AbsoluteTolerance = 0, MaximumIterations = iterations });
        using var layer = new DeepEquilibrium(new ElementwiseCell(512), new EquilibriumSettings { ForwardSolver = solver, BackwardSolver = solver, ThrowOnFailure = false });
        if (ownedLoop)
        {
            EquilibriumBackward pass = layer.Backward(x, z => z.square().sum());
            Assert.AreEqual(iterations, pass.Equilibrium.Iterations);
        }
        else
        {
            Tensor loss = layer.call(x).square().sum();
            ImplicitBackward.Run(() => loss.backward());
        }

        string peak = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }

    /// <summary>tanh(w ∘ z + x), slow to converge and cheap to evaluate.</summary>
    private sealed class ElementwiseCell : EquilibriumCell
    {
        private readonly Parameter _weight;

        public ElementwiseCell(int width)
            : base(nameof(ElementwiseCell))
        {
            _weight = new Parameter(full(width, 0.999f));
            RegisterComponents();
        }

        public override Tensor InitialState(Tensor x) => zeros_like(x);

        public override Tensor Iterate(Tensor z, Injection injection) => ((_weight * z) + (injection.Rows[0] * 0.01)).tanh();
    }
}
