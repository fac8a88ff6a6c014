using Microsoft.ML.Implicit.Solvers.Sde;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Sde;

/// <summary>Nonlinear equations in two dimensions that depend on time, one for each kind of noise, each in both calculi: the Itô drift has half of (∂g/∂y) g more.</summary>
internal static class NonlinearEquations
{
    public static StochasticEquation Create(string noise, StochasticCalculus calculus)
    {
        bool isIto = calculus == StochasticCalculus.Ito;
        return noise switch
        {
            "scalar" => new FunctionEquation(calculus, NoiseKind.Scalar, (t, y) => Drift(t, y, isIto ? ScalarCorrection(y) : null), (t, y) => ScalarDiffusion(y)),
            "diagonal" => new FunctionEquation(calculus, NoiseKind.Diagonal, (t, y) => Drift(t, y, isIto ? 0.32 * y : null), (t, y) => 0.8 * Root(y)),
            "additive" => new FunctionEquation(calculus, NoiseKind.General, (t, y) => Drift(t, y, null), AdditiveDiffusion, isAdditive: true),
            _ => new FunctionEquation(calculus, NoiseKind.General, (t, y) => Drift(t, y, isIto ? GeneralCorrection(y) : null), (t, y) => GeneralDiffusion(y)),
        };
    }

    public static int Channels(string noise) => noise == "scalar" ? 1 : 2;

    private static Tensor Drift(double time, Tensor y, Tensor? correction)
    {
        Tensor drift = stack([(2 * y.select(1, 1)).sin() + Math.Cos(3 * time), (y.select(1, 0) * time).cos() - y.select(1, 1)], 1);
        return correction is null ? drift : drift + correction;
    }

    private static Tensor Root(Tensor y) => (1 + (y * y)).sqrt();

    // g = (0.8 √(1 + y₁²), 0.6 y₁), (∂g/∂y) g = (0.64 y₁, 0.48 √(1 + y₁²)).
    private static Tensor ScalarDiffusion(Tensor y) => stack([0.8 * Root(y.select(1, 0)), 0.6 * y.select(1, 0)], 1);

    private static Tensor ScalarCorrection(Tensor y) => stack([0.32 * y.select(1, 0), 0.24 * Root(y.select(1, 0))], 1);

    private static Tensor AdditiveDiffusion(double time, Tensor y) =>
        tensor(new[,] { { 0.7 + (0.4 * Math.Sin(2 * time)), 0.2 }, { -0.3, 0.5 + (0.3 * time * time) } }).expand(y.shape[0], 2, 2);

    // Columns (1, 0) and (0.2, y₁ + 0.3 sin y₂): (∂g/∂y) g of the second is (0, 0.2 + 0.3 cos y₂ (y₁ + 0.3 sin y₂)).
    private static Tensor GeneralDiffusion(Tensor y) =>
        stack([ones_like(y.select(1, 0)), full_like(y.select(1, 0), 0.2), zeros_like(y.select(1, 0)), Shear(y)], 1).view(-1, 2, 2);

    private static Tensor GeneralCorrection(Tensor y) => stack([zeros_like(y.select(1, 0)), 0.1 + (0.15 * y.select(1, 1).cos() * Shear(y))], 1);

    private static Tensor Shear(Tensor y) => y.select(1, 0) + (0.3 * y.select(1, 1).sin());
}
