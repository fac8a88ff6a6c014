using System.Globalization;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>What device code integrates along with z.</summary>
/// <param name="Divergence">Whether the divergence is, as Σ eᵀ ∂f/∂z e.</param>
/// <param name="Trace">Which directions e give the divergence.</param>
/// <param name="KineticPenalty">Weight of ‖f‖² in the penalty.</param>
/// <param name="JacobianPenalty">Weight of Σ ‖∂f/∂z e‖² in the penalty.</param>
/// <param name="Jacobian">Which directions e give the Jacobian's share of the penalty.</param>
internal readonly record struct PerceptronIntegrands(bool Divergence, Range Trace, double KineticPenalty, double JacobianPenalty, Range Jacobian)
{
    /// <summary>Whether there is a penalty.</summary>
    public bool HasPenalty => KineticPenalty > 0 || JacobianPenalty > 0;

    /// <summary>Macros of Perceptron.cu.</summary>
    public IEnumerable<string> Definitions =>
    [
        $"DIVERGENCE={(Divergence ? 1 : 0)}", $"PENALTY={(HasPenalty ? 1 : 0)}",
        string.Create(CultureInfo.InvariantCulture, $"KINETIC={KineticPenalty:R}"), string.Create(CultureInfo.InvariantCulture, $"JACOBIAN={JacobianPenalty:R}"),
        $"TRACE_BEGIN={Trace.Start.Value}", $"TRACE_END={Trace.End.Value}", $"JACOBIAN_BEGIN={Jacobian.Start.Value}", $"JACOBIAN_END={Jacobian.End.Value}",
    ];
}
