using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Solvers.Optimization;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Optimization;

/// <summary>
/// The conditions of a minimum within bounds: ∂f/∂y = 0 where no bound holds an unknown, and where one does, y equal to it. The last two inputs are the lower and upper bounds.
/// </summary>
/// <param name="objective">f.</param>
/// <param name="isAtLower">Which unknowns the lower bound holds.</param>
/// <param name="isAtUpper">Which unknowns the upper bound holds.</param>
internal sealed class OptimalityEquation(IRowObjective objective, Tensor isAtLower, Tensor isAtUpper) : IDifferentiableFunction
{
    private readonly StationarityEquation _stationarity = new(objective);

    public Tensor Evaluate(Tensor z, IReadOnlyList<Tensor> inputs)
    {
        Tensor slope = _stationarity.Evaluate(z, [.. inputs.SkipLast(2)]);
        return where(isAtLower, z - inputs[^2].expand(z.shape), where(isAtUpper, z - inputs[^1].expand(z.shape), slope));
    }

    public override string ToString() => _stationarity.ToString();
}
