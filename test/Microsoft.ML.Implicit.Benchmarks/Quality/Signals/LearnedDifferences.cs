using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Signals;

/// <summary>
/// The minimiser z of ½ ‖z − y‖² + λ ‖D z‖₁ with a matrix D that is learned, differences of neighbours at first (Amos and Kolter, "OptNet", 2017, section 4.2.1): z = y − Dᵀ u, where u
/// solves the dual, a quadratic program in the box of λ.
/// </summary>
internal sealed class LearnedDifferences : IDisposable
{
    private const int BatchSize = 150;
    private const double LearningRate = 1e-4;
    private const double Ridge = 1e-6;

    private readonly QuadraticProgram _layer = new();
    private readonly Parameter _differences;
    private readonly double _weight;

    /// <param name="length">Points of a signal.</param>
    /// <param name="weight">λ.</param>
    public LearnedDifferences(int length, double weight)
    {
        _weight = weight;
        Tensor identity = eye(length, dtype: ScalarType.Float64);
        _differences = new Parameter(identity.narrow(0, 1, length - 1) - identity.narrow(0, 0, length - 1));
    }

    /// <summary>Smooths signals, with a graph to D.</summary>
    /// <param name="measured">float64 [signals, length].</param>
    public Tensor Smooth(Tensor measured)
    {
        long count = _differences.shape[0];
        Tensor bound = full([count], _weight, ScalarType.Float64);
        Tensor gram = _differences.mm(_differences.t()) + (eye(count, dtype: ScalarType.Float64) * Ridge);
        var dual = new QuadraticProblem(q: gram, p: -measured.mm(_differences.t()), lower: -bound, upper: bound);
        return measured - _layer.forward(dual).Z.mm(_differences);
    }

    /// <summary>Learns D, by Adam at a rate that falls to zero, and keeps the epoch that does best on held-out signals.</summary>
    /// <param name="measured">float64 [signals, length].</param>
    /// <param name="clean">float64 [signals, length].</param>
    /// <param name="heldOut">The last signals, by which the epoch is chosen.</param>
    /// <param name="epochs">Number of epochs.</param>
    /// <param name="report">Receives an epoch and the error of held-out signals.</param>
    public void Learn(Tensor measured, Tensor clean, int heldOut, int epochs, Action<int, double> report)
    {
        long count = measured.shape[0] - heldOut;
        using Adam optimizer = optim.Adam([_differences], LearningRate);
        using var generator = new Generator(1, CPU);
        using Tensor best = _differences.detach().clone();
        double lowest = Error(measured.narrow(0, count, heldOut), clean.narrow(0, count, heldOut));
        report(0, lowest);
        for (int epoch = 1; epoch <= epochs; epoch++)
        {
            using DisposeScope scope = NewDisposeScope();
            foreach (Adam.ParamGroup group in optimizer.ParamGroups.Cast<Adam.ParamGroup>())
            {
                group.LearningRate = LearningRate * 0.5 * (1 + Math.Cos(Math.PI * (epoch - 1) / epochs));
            }

            foreach (Tensor rows in randperm(count, generator: generator).split(BatchSize))
            {
                using DisposeScope step = NewDisposeScope();
                optimizer.zero_grad();
                Tensor loss = (Smooth(measured.index_select(0, rows)) - clean.index_select(0, rows)).pow(2).mean();
                ImplicitBackward.Run(() => loss.backward());
                optimizer.step();
            }

            double error = Error(measured.narrow(0, count, heldOut), clean.narrow(0, count, heldOut));
            report(epoch, error);
            if (error < lowest)
            {
                lowest = error;
                best.copy_(_differences.detach());
            }
        }

        using IDisposable noGradient = no_grad();
        _differences.copy_(best);
    }

    /// <summary>Mean squared error of smoothed signals.</summary>
    public double Error(Tensor measured, Tensor clean)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        return measured.split(BatchSize).Zip(clean.split(BatchSize), (part, wanted) => (Smooth(part) - wanted).pow(2).sum().item<double>()).Sum() / measured.numel();
    }

    public void Dispose()
    {
        _layer.Dispose();
        _differences.Dispose();
    }
}
