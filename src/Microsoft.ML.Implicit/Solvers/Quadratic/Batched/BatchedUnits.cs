using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Scaling;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// Units of a batch's rows in which costs and solutions are of the order of one, each [1, ·] or [batch, ·], chosen as in <see cref="NormalUnits"/>:
/// z = variable ∘ z̃, s = constraint ∘ s̃, λ = objective / constraint ∘ λ̃, ν = objective / equality ∘ ν̃.
/// </summary>
internal sealed class BatchedUnits
{
    /// <summary>Chooses units.</summary>
    /// <param name="system">The equilibrated matrices, with their links.</param>
    /// <param name="p">Costs, in the user's units.</param>
    /// <param name="b">Right-hand sides of the equalities, in the user's units.</param>
    /// <param name="d">Those of the other constraints, 0 where there is none, in the user's units.</param>
    public BatchedUnits(BatchedSystem system, Tensor p, Tensor b, Tensor d)
    {
        MatrixScaling scaling = system.Scaling!;
        long n = p.shape[1], equalities = b.shape[1], general = scaling.Groups.shape[^1] - n - equalities;
        Tensor free = ((p * system.VariableScale).abs_() / system.Q.diagonal(0, -2, -1)).nan_to_num_(0, double.PositiveInfinity, 0);
        Tensor targets = d * system.ConstraintScale, equalityTargets = b * system.EqualityScale;
        Tensor variable, inequality, equality, curved, anyCurved;
        if (scaling.GroupNumbers is [long only])
        {
            variable = inequality = equality = Size(free, targets, equalityTargets);
            curved = only == LinkedVariables.Curved ? variable : ones_like(variable);
            anyCurved = full([1, 1], (only == LinkedVariables.Curved ? 1 : 0).Held(), ScalarType.Float64, p.device);
        }
        else
        {
            Tensor groups = scaling.Groups.dim() > 1 ? scaling.Groups : scaling.Groups.unsqueeze(0);
            Tensor variables = groups.narrow(1, 0, n), inequalities = groups.narrow(1, n, general), rows = groups.narrow(1, n + general, equalities);
            Tensor constraints = system.Stack(inequalities, variables, variables);
            variable = ones(1, n, ScalarType.Float64, p.device);
            inequality = ones(1, general, ScalarType.Float64, p.device);
            equality = ones(1, equalities, ScalarType.Float64, p.device);
            curved = ones(1, 1, ScalarType.Float64, p.device);
            foreach (long group in scaling.GroupNumbers)
            {
                Tensor size = Size(In(group, variables, free), In(group, constraints, targets), In(group, rows, equalityTargets));
                curved = group == LinkedVariables.Curved ? size : curved;
                variable = where(variables.eq(group.Held()), size, variable);
                inequality = where(inequalities.eq(group.Held()), size, inequality);
                equality = where(rows.eq(group.Held()), size, equality);
            }

            anyCurved = variables.eq(LinkedVariables.Curved.Held()).any(1, keepdim: true).to(ScalarType.Float64);
        }

        Variable = system.VariableScale * variable;
        Constraint = system.Stack(inequality / system.ConstraintScale.narrow(1, 0, general), Variable, Variable);
        Equality = equality / system.EqualityScale;
        Tensor linear = Largest(p * Variable), square = curved.Squared(), quadratic = square * anyCurved;
        Tensor isLinear = linear > (quadratic * NormalUnits.LargestCost.Held());
        Objective = where(isLinear, PowerOfTwo(linear), quadratic.masked_fill(quadratic.eq(0.Held()), 1.Held()));
        Curvature = isLinear.logical_and(quadratic > 0.Held()).any().item<bool>() ? square / Objective : null;
    }

    public Tensor Variable { get; }

    public Tensor Constraint { get; }

    public Tensor Equality { get; }

    public Tensor Objective { get; }

    /// <summary>What Q is multiplied by, or null where that is 1 everywhere.</summary>
    public Tensor? Curvature { get; }

    // Of one group, [1 or batch, 1].
    private static Tensor Size(Tensor free, Tensor targets, Tensor equalityTargets)
    {
        Tensor forced = Largest(targets.clamp(max: 0.Held())), reach = Largest(targets.clamp(min: 0.Held()));
        forced = equalityTargets.shape[1] > 0 ? maximum(forced, Largest(equalityTargets)) : forced;
        reach.masked_fill_(reach.eq(0.Held()), double.PositiveInfinity.Held());
        Tensor unforced = minimum(Largest(free), reach);
        Tensor size = maximum(forced, unforced.masked_fill_(unforced.isinf(), 0.Held()));
        return PowerOfTwo(where(size > 0.Held(), size, reach));
    }

    private static Tensor In(long group, Tensor groups, Tensor values) => values.masked_fill(groups.ne(group.Held()), 0.Held());

    private static Tensor Largest(Tensor values) => BatchedData.Largest(values).unsqueeze(1);

    // 1 for zero, NaN and infinity.
    private static Tensor PowerOfTwo(Tensor values) => values.log2().floor_().nan_to_num_(0, 0, 0).exp2_();
}
