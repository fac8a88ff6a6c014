using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Sde;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian.Cuda;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Sde;

/// <summary>A path on the GPU is the host's. Inconclusive on hosts without CUDA.</summary>
[TestClass]
public sealed class CudaBrownianTests
{
    [TestInitialize]
    public void RequireCuda()
    {
        if (!cuda.is_available())
        {
            Assert.Inconclusive("This host has no CUDA device.");
        }
    }

    [TestMethod]
    [DataRow(1, 1, 1, 20)]
    [DataRow(37, 3, 10, 20)]
    [DataRow(37, 3, 10, 1)]
    [DataRow(5000, 2, 100, 5)]
    public void Increments_and_areas_are_bit_by_bit_those_of_the_host(int rows, int channels, int intervals, int halvings)
    {
        using DisposeScope scope = NewDisposeScope();
        var path = new BrownianPath(BrownianPath.Seeds(7, rows), channels, -1, 2, intervals, halvings);
        double[] inside = [-1, -0.99999, -0.5, -0.4999, 0.01, 0.0101, 0.7, 1.1, 1.999999, 2];
        (double From, double To)[] questions =
        [
            .. Enumerable.Range(0, intervals).Select(i => (Node(i), Node(i + 1))),
            .. Enumerable.Range(0, intervals).Reverse().Select(i => (Node(i), Node(i + 1))),
            .. from a in inside from b in inside where a < b select (a, b),
        ];
        foreach (ScalarType type in (ScalarType[])[ScalarType.Float32, ScalarType.Float64])
        {
            using IBrownianReader reader = path.Open(type, CUDA);
            Assert.IsInstanceOfType<CudaBrownianReader>(reader);
            foreach ((double from, double to) in questions)
            {
                using DisposeScope question = NewDisposeScope();
                AssertSame(path.ReadIncrement(from, to, type, null), reader.Increment(from, to), from, to);
                AssertSame(path.ReadArea(from, to, type, null), reader.Area(from, to), from, to);
            }
        }

        double Node(int i) => -1 + (3.0 * i / intervals);
    }

    [TestMethod]
    [DataRow(NoiseKind.Diagonal, 3, false)]
    [DataRow(NoiseKind.Scalar, 3, false)]
    [DataRow(NoiseKind.Diagonal, 3, true)]
    public void Solutions_are_those_of_the_cpu(NoiseKind noise, int dimension, bool isAdaptive)
    {
        using DisposeScope scope = NewDisposeScope();
        var path = new BrownianPath(BrownianPath.Seeds(3, 50), noise == NoiseKind.Scalar ? 1 : dimension, 0, 1, 20);
        foreach (SdeMethod method in (SdeMethod[])[SdeMethods.EulerMaruyama, SdeMethods.Milstein, SdeMethods.DerivativeFreeMilstein, SdeMethods.Heun, SdeMethods.ReversibleHeun, SdeMethods.SlowRk])
        {
            var equation = new FunctionEquation(method.Calculus ?? StochasticCalculus.Ito, noise, (t, y) => (y + t).sin(), (t, y) => 0.5 * y.cos());
            var options = new SdeOptions
            {
                Method = method,
                StepControl = isAdaptive ? new PiStepControl { RelativeTolerance = 1e-2, AbsoluteTolerance = 1e-2 } : new FixedStepControl(0.05),
            };
            Tensor start = linspace(-1, 1, 50 * dimension, ScalarType.Float64).reshape(50, dimension);
            using SdeSolution expected = SdeSolver.Solve(equation, start, [0, 0.33, 1], path, options);
            using SdeSolution actual = SdeSolver.Solve(equation, start.cuda(), [0, 0.33, 1], path, options);

            // Where a rounding moves the end of an adaptive step, the noise on it changes by the root of that.
            Assert.IsLessThan(isAdaptive ? 1e-3 : 1e-11, (expected.States - actual.States.cpu()).abs().max().item<double>(), method.Name);
        }
    }

    [TestMethod]
    public void A_solve_leaves_nothing_on_the_device()
    {
        using DisposeScope scope = NewDisposeScope();
        var path = new BrownianPath(BrownianPath.Seeds(3, 20), 2, 0, 1, 100);
        var equation = new FunctionEquation(StochasticCalculus.Ito, NoiseKind.Diagonal, (t, y) => -y, (t, y) => 0.5 * y);
        Tensor start = ones([20, 2], device: CUDA);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        SdeSolver.Solve(equation, start, [0, 1], path, new SdeOptions { StepControl = new FixedStepControl(0.01) }).Dispose();
        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static void AssertSame(Tensor expected, Tensor actual, double from, double to) =>
        Assert.IsTrue(expected.eq(actual.cpu()).all().item<bool>(), $"from {from} to {to}: off by {(expected - actual.cpu()).abs().max().to(ScalarType.Float64).item<double>():E3}");
}
