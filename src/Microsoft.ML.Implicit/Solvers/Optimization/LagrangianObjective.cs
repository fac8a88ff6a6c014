using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>f + Σ ν h + Σ λ g as a function of y; the last two inputs are ν and λ.</summary>
internal sealed class LagrangianObjective(ConstrainedProblem problem) : IRowObjective
{
    public Tensor Evaluate(Tensor y, IReadOnlyList<Tensor> inputs)
    {
        IReadOnlyList<Tensor> given = [.. inputs.SkipLast(2)];
        Tensor value = problem.Objective.Value(y, given);
        value = problem.Equalities is { } equalities ? value.Plus((equalities.Values(y, given) * inputs[^2]).sum(1)) : value;
        return problem.Inequalities is { } inequalities ? value.Plus((inequalities.Values(y, given) * inputs[^1]).sum(1)) : value;
    }

    public override string ToString() => problem.Objective.ToString() ?? "the objective";
}
