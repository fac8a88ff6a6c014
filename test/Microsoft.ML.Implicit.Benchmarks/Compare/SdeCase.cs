using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Sde;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>1,024 paths of geometric Brownian motion on [0, 1] in 1,000 steps of the Euler-Maruyama method, float32, noise included.</summary>
/// <param name="dimension">Width of the state, each element with noise of its own.</param>
internal sealed class SdeCase(int dimension) : IComparisonCase
{
    private const int Rows = 1024;
    private const int Steps = 1000;
    private const int Repetitions = 20;
    private const double Drift = 0.05;
    private const double Volatility = 0.2;

    public string Name => $"sde-{dimension}";

    public bool RunsOnCpu => true;

    public ComparisonResult Run(Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor start = ones(Rows, dimension).to(device);
        var path = new BrownianPath(BrownianPath.Seeds(1, Rows), dimension, 0, 1, Steps);
        var options = new SdeOptions { Method = SdeMethods.EulerMaruyama, StepControl = new FixedStepControl(1.0 / Steps) };
        var equation = new GeometricBrownianMotion();
        double milliseconds = Stopwatching.MedianMilliseconds(() => SdeSolver.Solve(equation, start, [0, 1], path, options).Dispose(), device, Repetitions);
        using SdeSolution solution = SdeSolver.Solve(equation, start, [0, 1], path, options);
        Tensor exact = exp((path.Increment(0, 1, ScalarType.Float32, device).W * Volatility) + (Drift - (0.5 * Volatility * Volatility)));
        double error = (solution.States[1] - exact).pow(2).mean().sqrt().item<float>();
        return new ComparisonResult(milliseconds, solution.Statistics.Evaluations, error);
    }

    private sealed class GeometricBrownianMotion() : StochasticEquation(StochasticCalculus.Ito, NoiseKind.Diagonal)
    {
        public override Tensor Drift(double time, Tensor state) => state * SdeCase.Drift;

        public override Tensor Diffusion(double time, Tensor state) => state * Volatility;
    }
}
