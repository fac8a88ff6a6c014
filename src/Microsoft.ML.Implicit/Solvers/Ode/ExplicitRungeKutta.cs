using Microsoft.ML.Implicit.Solvers.Ode.Methods;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>An explicit Runge-Kutta method.</summary>
public sealed class ExplicitRungeKutta : RungeKutta
{
    internal ExplicitRungeKutta(ExplicitRungeKuttaCoefficients coefficients)
        : base(
            coefficients.Name,
            coefficients.Order,
            coefficients.EmbeddedOrder,
            [.. coefficients.A, coefficients.B, .. coefficients.DenseA],
            [.. coefficients.C, 1.0, .. coefficients.DenseC],
            coefficients.B.Length,
            coefficients.ErrorWeights,
            coefficients.CorrectionWeights,
            coefficients.DenseOutput ?? DenseOutputPolynomials.From(coefficients.Order, coefficients.B))
    {
    }
}
