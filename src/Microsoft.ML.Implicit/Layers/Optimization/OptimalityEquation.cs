using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Solvers.Optimization;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Optimization;

/// <summary>
/// The conditions of a minimum within bounds: ∂f/∂y = 0 where no bound holds an unknown, and where one does, y equal to it. The last four inputs are the lower and
/// upper bounds and which unknowns they hold.
/// </summary>
/// <param name="objective">f.</param>
internal sealed class OptimalityEquation(IRowObjective objective) : IDifferentiableFunction
{
    private readonly StationarityEquation _stationarity = new(objective);

    public Tensor Evaluate(Tensor z, IReadOnlyList<Tensor> inputs)
    {
        Tensor slope = _stationarity.Evaluate(z, [.. inputs.SkipLast(4)]);
        return where(inputs[^2], z - inputs[^4].expand(z.shape), where(inputs[^1], z - inputs[^3].expand(z.shape), slope));
    }

    public override string ToString() => _stationarity.ToString();
}
