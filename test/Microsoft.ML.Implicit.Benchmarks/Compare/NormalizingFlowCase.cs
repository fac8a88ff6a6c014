using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>
/// <c>cnf-batch-dimension-width</c>: a training step by maximum likelihood with Dormand-Prince at 1e-5, the adjoint,
/// Hutchinson's estimate with normal noise, two hidden tanh layers with time as an input, and Adam, as the peers are timed.
/// </summary>
/// <remarks>The residual is the largest difference of log densities at 1e-5 from those at 1e-7 in float64.</remarks>
internal sealed class NormalizingFlowCase(int batch, int dimension, int width) : IComparisonCase
{
    public string Name => $"cnf-{batch}-{dimension}-{width}";

    public bool RunsOnCpu => batch < 10_000;

    public ComparisonResult Run(Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(0);
        using var generator = new Generator(1, CPU);
        var options = new FlowOptions { Trace = TraceEstimator.Gaussian, KineticPenalty = 0, JacobianPenalty = 0 };
        using var dynamics = new FlowDynamics(dimension, [width, width], seed);
        using var flow = new NormalizingFlow(dynamics, options);
        flow.to(device);
        Tensor x = randn(batch, dimension, generator: seed).to(device);
        using var optimizer = optim.Adam(flow.parameters());
        int evaluations = 0;
        double milliseconds = Stopwatching.MedianMilliseconds(Step, device, 50);
        return new ComparisonResult(milliseconds, evaluations, Residual(flow, x));

        void Step()
        {
            using DisposeScope step = NewDisposeScope();
            optimizer.zero_grad();
            evaluations = flow.Backward(x, generator).Evaluations;
            optimizer.step();
        }
    }

    private static double Residual(NormalizingFlow flow, Tensor x)
    {
        Tensor logDensity = flow.LogDensity(x);
        flow.to(ScalarType.Float64);
        var tight = new OdeOptions { StepControl = new PiStepControl { RelativeTolerance = 1e-7, AbsoluteTolerance = 1e-7 } };
        return (flow.LogDensity(x.to(ScalarType.Float64), solver: tight) - logDensity).abs().max().item<double>();
    }
}
