using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Solvers.Optimization;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Optimization;

/// <summary>
/// The conditions of Karush, Kuhn and Tucker as equations in (y, ν, λ), one after the other in a row: ∂(f + Σ ν h + Σ λ g)/∂y = 0, h = 0 and λ ∘ g = 0.
/// </summary>
internal sealed class KktEquation(ConstrainedProblem problem, int unknowns, int equalities) : IDifferentiableFunction
{
    private readonly StationarityEquation _stationarity = new(new LagrangianObjective(problem));

    public Tensor Evaluate(Tensor z, IReadOnlyList<Tensor> inputs)
    {
        using IDisposable graph = enable_grad();
        Tensor y = z.narrow(1, 0, unknowns), nu = z.narrow(1, unknowns, equalities), lambda = z.narrow(1, unknowns + equalities, z.shape[1] - unknowns - equalities);
        List<Tensor> conditions = [_stationarity.Evaluate(y, [.. inputs, nu, lambda])];
        if (problem.Equalities is { } h)
        {
            conditions.Add(h.Values(y, inputs));
        }

        if (problem.Inequalities is { } g)
        {
            conditions.Add(lambda * g.Values(y, inputs));
        }

        return cat(conditions, 1);
    }

    public override string ToString() => _stationarity.ToString();
}
