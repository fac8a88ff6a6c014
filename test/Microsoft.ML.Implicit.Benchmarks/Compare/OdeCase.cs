using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>Forward solve of a tanh MLP's flow at 20 times on [0, 5], Dopri5, both tolerances 1e-6, float32.</summary>
/// <param name="batch">Rows.</param>
/// <param name="dimension">Width of the state.</param>
/// <param name="hidden">Width of the hidden layer; zero for affine dynamics, which show what a solve costs beside its network.</param>
internal sealed class OdeCase(int batch, int dimension, int hidden) : IComparisonCase
{
    private const int Repetitions = 50;

    public string Name => $"odeint-{batch}-{dimension}-{hidden}";

    public bool RunsOnCpu => true;

    public ComparisonResult Run(Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using var generator = new Generator(0);
        using var dynamics = new MlpDynamics(dimension, hidden == 0 ? [] : [hidden], generator);
        Tensor start = randn([batch, dimension], generator: generator).to(device);
        double[] times = [.. Enumerable.Range(0, 20).Select(i => 5.0 * i / 19)];
        dynamics.to(device);
        var options = new OdeOptions { StepControl = new PiStepControl { RelativeTolerance = 1e-6, AbsoluteTolerance = 1e-6 } };
        double milliseconds = Stopwatching.MedianMilliseconds(() => OdeSolver.Solve(dynamics, start, times, options).Dispose(), device, Repetitions);
        using OdeSolution solution = OdeSolver.Solve(dynamics, start, times, options);
        dynamics.to(ScalarType.Float64);
        var tight = new OdeOptions { StepControl = new PiStepControl { RelativeTolerance = 1e-12, AbsoluteTolerance = 1e-12 } };
        using OdeSolution exact = OdeSolver.Solve(dynamics, start.to(ScalarType.Float64), times, tight);
        double error = (solution.States.to(ScalarType.Float64) - exact.States).abs().max().item<double>();
        return new ComparisonResult(milliseconds, solution.Statistics.Evaluations, error);
    }
}
