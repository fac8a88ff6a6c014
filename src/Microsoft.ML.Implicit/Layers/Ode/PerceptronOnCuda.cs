using Microsoft.ML.Implicit.Native.Cuda;
using Microsoft.ML.Implicit.Solvers.Ode.Cuda;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>A multilayer perceptron as device code (Perceptron.cu).</summary>
internal static class PerceptronOnCuda
{
    // Wider layers are served better by the matrix product of the native library.
    private const long LargestWidth = 256;

    /// <summary>Creates the device code for one solve.</summary>
    /// <param name="state">The initial state.</param>
    /// <param name="activation">Activation of the hidden layers.</param>
    /// <param name="hasTime">Whether time is one more input of the first layer.</param>
    /// <param name="weights">Weights of the layers, <c>[inputs, outputs]</c>.</param>
    /// <param name="parameters">For each layer its weight, its weight of time where it has one, and its bias.</param>
    /// <param name="integrands">What is integrated along with the state.</param>
    /// <param name="directions">Directions of Jacobian products, <c>[k, batch, inner dimension]</c>.</param>
    /// <returns>The evaluator, or <see langword="null"/> where tensor operations serve this state better.</returns>
    public static CudaDynamics? TryCreate(
        Tensor state, DynamicsActivation activation, bool hasTime, IReadOnlyList<Tensor> weights, IReadOnlyList<Tensor> parameters, PerceptronIntegrands integrands = default, Tensor? directions = null)
    {
        if (weights.Any(w => w.dtype != state.dtype || w.device_type != state.device_type || w.shape.Max() > LargestWidth))
        {
            return null;
        }

        int[] widths = [.. weights.Select(w => (int)w.shape[0]), (int)weights[^1].shape[1]];
        int directionCount = (int)(directions?.shape[0] ?? 0);
        int dimension = widths[0] + (integrands.Divergence ? 1 : 0) + (integrands.HasPenalty ? 1 : 0);
        if (state.shape[^1] != dimension)
        {
            return null;
        }

        var size = new CudaDynamicsSize(
            dimension,
            (1 + (2 * directionCount)) * widths.Skip(1).Sum(),
            2 * (1 + directionCount) * widths.Max(),
            (int)parameters.Sum(p => p.numel()));
        string[] definitions =
        [
            $"WIDTHS={string.Join(',', widths)}", $"LAYERS={weights.Count}", $"WIDEST={widths.Max()}", $"TIME={(hasTime ? 1 : 0)}",
            $"SOFTPLUS={(activation == DynamicsActivation.Softplus ? 1 : 0)}", $"DIRECTIONS={directionCount}", .. integrands.Definitions,
        ];
        var dynamics = new CudaDynamics(CudaKernel.ReadSource("Perceptron.cu"), definitions, size, state, rows => Collect(rows, weights, parameters, directions));
        if (dynamics.Fits)
        {
            return dynamics;
        }

        dynamics.Dispose();
        return null;
    }

    private static Tensor Collect(int rows, IReadOnlyList<Tensor> weights, IReadOnlyList<Tensor> parameters, Tensor? directions)
    {
        using IDisposable noGraph = no_grad();
        using DisposeScope scope = NewDisposeScope();
        List<Tensor> parts = [.. parameters, .. weights.Select(w => w.t())];
        if (directions is not null)
        {
            parts.Add(directions.transpose(0, 1));
            parts.Add(zeros((rows - directions.shape[1]) * directions.shape[0] * directions.shape[2], directions.dtype, directions.device));
        }

        return cat([.. parts.Select(p => p.reshape(-1))]).DetachFromDisposeScope();
    }
}
