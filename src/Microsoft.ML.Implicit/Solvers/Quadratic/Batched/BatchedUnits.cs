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
        long n = p.shape[1], equalities = b.shape[1];
        Tensor groups = system.Links!.Groups;
        groups = groups.dim() > 1 ? groups : groups.unsqueeze(0);
        long general = groups.shape[1] - n - equalities;
        Tensor variables = groups.narrow(1, 0, n), constraints = system.Stack(groups.narrow(1, n, general), variables, variables), rows = groups.narrow(1, n + general, equalities);
        Tensor free = ((p * system.VariableScale).abs_() / system.Q.diagonal(0, -2, -1)).nan_to_num_(0, double.PositiveInfinity, 0);
        Tensor targets = d * system.ConstraintScale, equalityTargets = b * system.EqualityScale;
        Tensor variable = ones(1, n, ScalarType.Float64, p.device), inequality = ones(1, general, ScalarType.Float64, p.device), equality = ones(1, equalities, ScalarType.Float64, p.device);
        Tensor curved = ones(1, 1, ScalarType.Float64, p.device);
        foreach (long group in groups.unique().output.cpu().data<long>().ToArray())
        {
            Tensor limits = In(group, constraints, targets);
            Tensor forced = maximum(Largest(In(group, rows, equalityTargets)), Largest(limits.clamp(max: 0.Held())));
            Tensor reach = Largest(limits.clamp(min: 0.Held()));
            reach = reach.masked_fill(reach.eq(0.Held()), double.PositiveInfinity.Held());
            Tensor unforced = minimum(Largest(In(group, variables, free)), reach);
            Tensor size = maximum(forced, unforced.masked_fill(unforced.isinf(), 0.Held()));
            size = PowerOfTwo(where(size > 0.Held(), size, reach));
            curved = group == LinkedVariables.Curved ? size : curved;
            variable = where(variables.eq(group.Held()), size, variable);
            inequality = where(groups.narrow(1, n, general).eq(group.Held()), size, inequality);
            equality = where(rows.eq(group.Held()), size, equality);
        }

        Variable = system.VariableScale * variable;
        Constraint = system.Stack(inequality / system.ConstraintScale.narrow(1, 0, general), Variable, Variable);
        Equality = equality / system.EqualityScale;
        Tensor linear = Largest(p * Variable), quadratic = curved * curved * variables.eq(LinkedVariables.Curved.Held()).any(1, keepdim: true).to(ScalarType.Float64);
        Tensor isLinear = linear > (quadratic * NormalUnits.LargestCost.Held());
        Objective = where(isLinear, PowerOfTwo(linear), quadratic.masked_fill(quadratic.eq(0.Held()), 1.Held()));
        Tensor curvature = curved * curved / Objective;
        Curvature = isLinear.logical_and(quadratic > 0.Held()).any().item<bool>() ? curvature : null;
    }

    public Tensor Variable { get; }

    public Tensor Constraint { get; }

    public Tensor Equality { get; }

    public Tensor Objective { get; }

    /// <summary>What Q is multiplied by, or null where that is 1 everywhere.</summary>
    public Tensor? Curvature { get; }

    private static Tensor In(long group, Tensor groups, Tensor values) => values.masked_fill(groups.ne(group.Held()), 0.Held());

    private static Tensor Largest(Tensor values) => BatchedData.Largest(values).unsqueeze(1);

    // 1 for zero, NaN and infinity.
    private static Tensor PowerOfTwo(Tensor values) => values.log2().floor_().nan_to_num_(0, 0, 0).exp2_();
}
