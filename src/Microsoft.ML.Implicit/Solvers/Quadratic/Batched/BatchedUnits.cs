using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// Units of a batch's rows in which costs and solutions are of the order of one, each [1, ·] or [batch, ·], chosen as in <see cref="NormalUnits"/>:
/// z = variable ∘ z̃, s = constraint ∘ s̃, λ = objective / constraint ∘ λ̃, ν = objective / equality ∘ ν̃.
/// </summary>
internal sealed class BatchedUnits
{
    /// <summary>Chooses units.</summary>
    /// <param name="system">The equilibrated matrices.</param>
    /// <param name="p">Costs, in the user's units.</param>
    /// <param name="b">Right-hand sides of the equalities, in the user's units.</param>
    /// <param name="d">Those of the other constraints, 0 where there is none, in the user's units.</param>
    /// <param name="lower">Whether there are lower bounds.</param>
    /// <param name="upper">Whether there are upper bounds.</param>
    public BatchedUnits(BatchedSystem system, Tensor p, Tensor b, Tensor d, bool lower, bool upper)
    {
        long n = p.shape[1], bounds = (lower ? n : 0) + (upper ? n : 0), general = d.shape[1] - bounds;
        Tensor isUnused = system.IsUnused, none = zeros_like(system.VariableScale);
        Tensor costs = p * system.VariableScale, targets = d * system.ConstraintScale;
        Tensor used = isUnused.logical_not().to(ScalarType.Float64);
        targets = targets * system.Stack(ones(1, general, ScalarType.Float64, d.device), used, used);
        Tensor forced = maximum(Largest(b * system.EqualityScale), Largest(targets.clamp(max: 0.Held())));
        Tensor reach = Largest(targets.clamp(min: 0.Held()));
        Tensor free = Largest((costs.abs() * used / system.Q.diagonal(0, -2, -1)).nan_to_num_(0, double.PositiveInfinity, 0));
        reach = reach.masked_fill(reach.eq(0.Held()), double.PositiveInfinity.Held());
        Tensor unforced = minimum(free, reach);
        Tensor size = maximum(forced, unforced.masked_fill(unforced.isinf(), 0.Held()));
        size = PowerOfTwo(where(size > 0.Held(), size, reach));

        // A variable in no matrix has the unit of its bounds, or of the user.
        Tensor own = none;
        for (int i = 0; i < bounds / n; i++)
        {
            own = maximum(own, d.narrow(1, general + (i * n), n).abs());
        }

        Variable = where(isUnused, PowerOfTwo(own), system.VariableScale * size);
        Constraint = system.Stack(size / system.ConstraintScale.narrow(1, 0, general), Variable, Variable);
        Equality = size / system.EqualityScale;
        Tensor linear = Largest(p * Variable), quadratic = size * size * system.Q.ne(0.Held()).any(-1).any(-1, keepdim: true).to(ScalarType.Float64);
        quadratic = quadratic.reshape(-1, 1);
        Tensor isLinear = linear > (quadratic * NormalUnits.LargestCost.Held());
        Objective = where(isLinear, PowerOfTwo(linear), quadratic.masked_fill(quadratic.eq(0.Held()), 1.Held()));
        Tensor curvature = size * size / Objective;
        Curvature = isLinear.logical_and(quadratic > 0.Held()).any().item<bool>() ? curvature : null;
    }

    public Tensor Variable { get; }

    public Tensor Constraint { get; }

    public Tensor Equality { get; }

    public Tensor Objective { get; }

    /// <summary>What Q is multiplied by, or null where that is 1 everywhere.</summary>
    public Tensor? Curvature { get; }

    private static Tensor Largest(Tensor values) => BatchedData.Largest(values).unsqueeze(1);

    // 1 for zero, NaN and infinity.
    private static Tensor PowerOfTwo(Tensor values) => values.log2().floor_().nan_to_num_(0, 0, 0).exp2_();
}
