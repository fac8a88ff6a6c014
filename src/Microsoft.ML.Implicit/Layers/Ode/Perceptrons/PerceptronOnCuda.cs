using System.Globalization;
using Microsoft.ML.Implicit.Solvers.Ode.Cuda;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons;

/// <summary>A perceptron and what is integrated beside its state as device code (Perceptron.cu).</summary>
internal static class PerceptronOnCuda
{
    // Wider layers are served better by the matrix product of the native library.
    private const long LargestWidth = 256;

    // Each dimension is one more direction of a Jacobian product.
    private const int LargestExactDimension = 8;

    /// <summary>Creates the device code for one solve.</summary>
    /// <param name="term">The perceptron with its integrands.</param>
    /// <param name="state">The initial state.</param>
    /// <returns>The evaluator, or <see langword="null"/> where there is no device code for the term, or tensor operations serve this state better.</returns>
    public static CudaDynamics? TryCreate(PerceptronTerm term, Tensor state)
    {
        PerceptronDynamics dynamics = term.Dynamics;
        Tensor[] weights = [.. dynamics.Layers.Select(layer => layer.Weight)];
        if (dynamics.HasGates || term.Context is not null || Penalty(term.Integrands) is not { } penalty
            || (term.HasClosedTrace && term.Dimension > LargestExactDimension)
            || weights.Any(w => w.dtype != state.dtype || w.device_type != state.device_type || w.shape.Max() > LargestWidth))
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        long rows = state.numel() / state.shape[^1];
        Tensor[] drawn = term.Directions is null ? [] : [term.Directions.dim() == 2 ? term.Directions.unsqueeze(0) : term.Directions];

        // Unit vectors as directions give the exact trace.
        Tensor[] units = term.HasClosedTrace ? [eye(term.Dimension, dtype: state.dtype, device: state.device).unsqueeze(1).expand(term.Dimension, rows, term.Dimension)] : [];
        Tensor[] all = [.. drawn, .. units];
        Tensor? directions = all.Length == 0 ? null : cat(all);
        int count = (int)(directions?.shape[0] ?? 0);
        int drawnCount = (int)drawn.Sum(d => d.shape[0]);
        Range trace = term.HasClosedTrace ? drawnCount..count : term.Integrands.HasDivergence ? 0..drawnCount : 0..0;
        Range jacobian = penalty.JacobianNorm > 0 ? 0..drawnCount : 0..0;

        int[] widths = [.. weights.Select(w => (int)w.shape[0]), (int)term.Dimension];
        IReadOnlyList<Tensor> parameters = term.Parameters;
        var size = new CudaDynamicsSize(
            (int)term.Dimension + term.Integrands.Count,
            (1 + (2 * count)) * widths.Skip(1).Sum(),
            2 * (1 + count) * widths.Max(),
            (int)parameters.Sum(p => p.numel()));
        string[] definitions =
        [
            $"WIDTHS={string.Join(',', widths)}", $"LAYERS={weights.Length}", $"WIDEST={widths.Max()}", $"TIME={Flag(dynamics.Layers[0].TimeWeight is not null)}",
            $"SOFTPLUS={Flag(dynamics.Activation == DynamicsActivation.Softplus)}", $"DIRECTIONS={count}",
            $"DIVERGENCE={Flag(term.Integrands.HasDivergence)}", $"PENALTY={Flag(penalty != default)}", $"KINETIC={Number(penalty.KineticEnergy)}", $"JACOBIAN={Number(penalty.JacobianNorm)}",
            $"TRACE_BEGIN={trace.Start.Value}", $"TRACE_END={trace.End.Value}", $"JACOBIAN_BEGIN={jacobian.Start.Value}", $"JACOBIAN_END={jacobian.End.Value}",
        ];
        var code = new CudaDynamics("Perceptron.cu", definitions, size, state, tileRows => Collect(tileRows, weights, parameters, directions));
        if (code.Fits)
        {
            return code;
        }

        code.Dispose();
        return null;
    }

    // Device code has a column for the divergence and then one for a penalty, each of which may be absent; an absent penalty weighs nothing.
    private static Integrand? Penalty(Integrands integrands)
    {
        Integrand divergence = new(Divergence: true);
        Integrand[] others = [.. integrands.Columns.SkipWhile(column => column == divergence)];
        return others switch
        {
            [] => default(Integrand),
            [{ Divergence: false, SecondDerivative: 0 } penalty] => penalty,
            _ => null,
        };
    }

    private static int Flag(bool value) => value ? 1 : 0;

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

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
