using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>
/// <c>deq-batch-width</c>: forward and backward pass through z = tanh(z W + x U), loss ‖z‖², both solves by Anderson
/// acceleration.
/// </summary>
/// <remarks>
/// The peer stops when the largest ‖f(z) − z‖₂ over the rows is below 1e-4: an absolute norm of each row, its default.
/// The tolerances here are the same, in the forward and in the adjoint solve, as is the limit of 40 iterations. The
/// residual printed is the largest ‖f(z) − z‖₂ over the rows of both solves, measured on the returned iterate itself.
/// </remarks>
internal sealed class DeepEquilibriumCase(int batch, int width) : IComparisonCase
{
    private const double Tolerance = 1e-4;

    public string Name => $"deq-{batch}-{width}";

    public bool RunsOnCpu => true;

    public ComparisonResult Run(Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(0);
        Tensor recurrent = (randn(width, width, generator: generator) * (0.4 / Math.Sqrt(width))).to(device);
        Tensor input = (randn(width, width, generator: generator) / Math.Sqrt(width)).to(device);
        Tensor x = randn(batch, width, generator: generator).to(device);
        var solver = new AndersonSolver(new AndersonSettings { RelativeTolerance = 0, AbsoluteTolerance = Tolerance, MaximumIterations = 40 });
        using var layer = new DeepEquilibrium(
            new TanhCell(recurrent, input, zeros(width, device: device)),
            new EquilibriumSettings { ForwardSolver = solver, BackwardSolver = solver });
        double iterations = 0;
        double residual = 0;
        double milliseconds = Stopwatching.MedianMilliseconds(Step, device, batch * width > 1 << 20 ? 10 : 50);
        return new ComparisonResult(milliseconds, iterations, residual);

        void Step()
        {
            using DisposeScope step = NewDisposeScope();
            EquilibriumBackward pass = layer.Backward(x, z => z.square().sum());
            layer.zero_grad();
            iterations = pass.Equilibrium.Iterations;
            residual = pass.Adjoint!.AllConverged ? pass.Equilibrium.Residuals.Max() : double.NaN;
        }
    }
}
