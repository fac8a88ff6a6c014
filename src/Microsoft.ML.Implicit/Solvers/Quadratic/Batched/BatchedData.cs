using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>Vectors of a batch's rows in equilibrated units, and the measures of convergence in the user's units.</summary>
internal sealed class BatchedData
{
    private readonly Tensor _dualScale;
    private readonly Tensor _inequalityWeights;
    private readonly Tensor _equalityWeights;

    public BatchedData(QuadraticProblem problem)
    {
        Problem = problem;
        System = new BatchedSystem(problem);
        long batch = problem.BatchSize;
        Tensor p = Rows(problem.P), empty = zeros(1, 0, ScalarType.Float64, p.device);
        Tensor b = problem.B is null ? empty : Rows(problem.B);
        P = (p * System.VariableScale).expand(batch, problem.Variables);
        B = (b * System.EqualityScale).expand(batch, problem.Equalities);
        Tensor d = System.Stack(problem.H is null ? empty : Rows(problem.H), problem.Lower is null ? null : -Rows(problem.Lower), problem.Upper is null ? null : Rows(problem.Upper));

        // NaN counts as a constraint, which makes the row unsolvable.
        Tensor constrained = d.ge(Dense.DenseRow.Infinity.Held()).logical_not();
        AllActive = constrained.all().item<bool>();
        d = AllActive ? d : where(constrained, d, zeros_like(d));
        Active = constrained.to(ScalarType.Float64).expand(batch, d.shape[1]);
        D = (d * System.ConstraintScale).PlusInPlace(constrained.logical_not()).expand(batch, d.shape[1]);
        Unsolvable = System.IsConvex().logical_and(P.sum(1).Plus(B.sum(1)).Plus(D.sum(1)).isfinite()).logical_not();
        _dualScale = Largest(p).PlusInPlace(1.Held());
        _inequalityWeights = constrained / (System.ConstraintScale * Largest(d).PlusInPlace(1.Held()).unsqueeze(1));
        _equalityWeights = (System.EqualityScale * Largest(b).PlusInPlace(1.Held()).unsqueeze(1)).reciprocal_();
    }

    public QuadraticProblem Problem { get; }

    public BatchedSystem System { get; }

    public Tensor P { get; }

    public Tensor B { get; }

    /// <summary>Right-hand side of C z ≤ d; 1 where there is no constraint.</summary>
    public Tensor D { get; }

    /// <summary>1 for a constraint, 0 for one that an infinity switches off.</summary>
    public Tensor Active { get; }

    /// <summary>Whether no constraint is switched off.</summary>
    public bool AllActive { get; }

    /// <summary>Rows that no method for convex problems with finite data can solve, [batch] Boolean.</summary>
    public Tensor Unsolvable { get; }

    /// <summary>Products with zeros where a constraint is switched off.</summary>
    public BatchedProducts Products(Tensor x)
    {
        BatchedProducts products = System.Products(x);
        return AllActive ? products : products with { C = Active * products.C };
    }

    public BatchedResiduals Residuals(Tensor z, Tensor nu, Tensor s, Tensor lambda)
    {
        BatchedProducts products = Products(z);
        Tensor complementarity = s * lambda;
        return new BatchedResiduals(
            products.Q,
            System.AddTransposed(products.Q.Plus(P), lambda, nu),
            products.C.Plus(s).sub_(D),
            products.A - B,
            complementarity,
            complementarity.sum(1));
    }

    /// <summary>Relative primal and dual residuals and gaps, [3, batch].</summary>
    public Tensor Measure(Tensor z, BatchedResiduals r)
    {
        Tensor dual = Largest(r.Stationarity * System.InverseVariableScale) / maximum(_dualScale, Largest(r.Qz * System.InverseVariableScale).PlusInPlace(1.Held()));
        Tensor primal = Largest(r.Inequality * _inequalityWeights);
        if (Problem.Equalities > 0)
        {
            primal = maximum(primal, Largest(r.Equality * _equalityWeights));
        }

        Tensor objective = (z * P.add(r.Qz, 0.5.Held())).sum(1);
        return stack([primal, dual, r.Gap / objective.abs_().PlusInPlace(1.Held())]);
    }

    /// <summary>An iterate in the user's units.</summary>
    public BatchedState ToState(Tensor z, Tensor nu, Tensor s, Tensor lambda) => new(
        z * System.VariableScale,
        nu * System.EqualityScale,
        where(Active > 0.Held(), s / System.ConstraintScale, full_like(s, double.PositiveInfinity.Held())),
        lambda * System.ConstraintScale,
        System.Scales.clone());

    private static Tensor Rows(Tensor tensor)
    {
        Tensor rows = BatchedSystem.Double(tensor);
        return rows.dim() > 1 ? rows : rows.unsqueeze(0);
    }

    // Largest magnitude of each row, NaN where an entry is.
    private static Tensor Largest(Tensor values) => values.shape[1] > 0
        ? values.abs().amax([1])
        : zeros(values.shape[0], ScalarType.Float64, values.device);
}
